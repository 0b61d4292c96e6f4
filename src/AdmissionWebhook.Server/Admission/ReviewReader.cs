using System.Text.Json;
using System.Text.Unicode;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Admission;

/// <summary>Reads a review in one pass over its bytes.</summary>
internal ref struct ReviewReader
{
    /// <summary>
    /// The limit of a text beside the objects, in bytes. Names in Kubernetes have at most 253; a longer one is shortened and names no existing
    /// object.
    /// </summary>
    private const int LongestText = 1024;

    /// <summary>
    /// The limit of the groups of a user, and of their bytes together; waiting decision records keep them. The reader drops the rest, which can only
    /// lose an exemption that a policy gives to a group: no rule denies because of a group.
    /// </summary>
    private const int MostGroups = 1000, MostGroupBytes = 64 * 1024;

    /// <summary>An answer must echo the uid, whole.</summary>
    private static BadHttpRequestException TooLong => new($"The request.uid of the review must not exceed {LongestText} bytes.");

    private string? _apiVersion, _kind;
    private string? _uid, _group, _version, _kindName, _subResource, _namespace, _name, _operation, _userName;
    private ImmutableArray<string> _groups;
    private bool? _isDryRun;
    private SentObject _object, _oldObject;

    /// <summary>
    /// The object of a subresource has another shape (Scale), or changes no field that rules check, except the status of a Service.
    /// </summary>
    private readonly ObjectForm Form => new(
        string.IsNullOrEmpty(_subResource) || (_subResource == "status" && _kindName == "Service") ? ResourceKind.FindInGroup(_group, _kindName) : null,
        _version ?? "",
        string.IsNullOrEmpty(_namespace) ? null : _namespace);

    /// <summary>Reads a review. Rejects only errors that prevent an answer; any other field of the wrong type counts as absent.</summary>
    /// <exception cref="BadHttpRequestException">No answer is possible.</exception>
    public static AdmissionReview Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw new BadHttpRequestException("The body is not UTF-8.");

        try
        {
            var reader = new ReviewReader { _groups = [] };
            reader.ReadReview(body);
            return reader.ToReview();
        }
        catch (JsonException mistake)
        {
            throw new BadHttpRequestException($"The body is not JSON: {mistake.Message}", mistake);
        }
    }

    private void ReadReview(ReadOnlySpan<byte> body)
    {
        var json = new ObjectReader(body, "v1");
        if (json.Begin())
        {
            while (json.NextField())
            {
                if (json.Is("apiVersion"u8))
                    _apiVersion = json.Text(LongestText);
                else if (json.Is("kind"u8))
                    _kind = json.Text(LongestText);
                else if (json.Is("request"u8) && json.Begin())
                    ReadRequest(ref json);
                else
                    json.Skip();
            }
        }

        json.End();
        if (_apiVersion != AdmissionReview.ApiVersion || _kind != AdmissionReview.Kind)
            throw new BadHttpRequestException($"The body is not an {AdmissionReview.Kind} of {AdmissionReview.ApiVersion}.");
        if (string.IsNullOrEmpty(_uid))
            throw new BadHttpRequestException("The review must have a request.uid.");
    }

    private void ReadRequest(ref ObjectReader json)
    {
        while (json.NextField())
        {
            if (json.Is("uid"u8))
                _uid = json.IsLongerThan(LongestText) ? throw TooLong : json.Text();
            else if (json.Is("kind"u8) && json.Begin())
                ReadKind(ref json);
            else if (json.Is("subResource"u8))
                _subResource = json.Text(LongestText);
            else if (json.Is("namespace"u8))
                _namespace = json.Text(LongestText);
            else if (json.Is("name"u8))
                _name = json.Text(LongestText);
            else if (json.Is("operation"u8))
                _operation = json.Text(LongestText);
            else if (json.Is("userInfo"u8) && json.Begin())
                ReadUser(ref json);
            else if (json.Is("dryRun"u8))
                _isDryRun = json.Flag();
            else if (json.Is("object"u8))
                _object = new(ref json, Form);
            else if (json.Is("oldObject"u8))
                _oldObject = new(ref json, Form);
            else
                json.Skip();
        }
    }

    private void ReadKind(ref ObjectReader json)
    {
        while (json.NextField())
        {
            if (json.Is("group"u8))
                _group = json.Text(LongestText);
            else if (json.Is("version"u8))
                _version = json.Text(LongestText);
            else if (json.Is("kind"u8))
                _kindName = json.Text(LongestText);
            else
                json.Skip();
        }
    }

    private void ReadUser(ref ObjectReader json)
    {
        while (json.NextField())
        {
            if (json.Is("username"u8))
                _userName = json.Text(LongestText);
            else if (json.Is("groups"u8))
                _groups = json.TextList(MostGroups, MostGroupBytes);
            else
                json.Skip();
        }
    }

    private readonly AdmissionReview ToReview()
    {
        var (sent, old) = (_object.As(Form), _oldObject.As(Form));
        return new(ToRequest(sent ?? old), sent, old, ChangesSpec: sent is null || old is null || _object.ChangesSpecOf(_oldObject));
    }

    private readonly AdmissionRequest ToRequest(KubernetesObject? target) => new()
    {
        Uid = _uid!,
        Group = _group ?? "",
        Version = _version ?? "",
        Kind = _kindName ?? "",
        Namespace = Form.Namespace,
        Name = string.IsNullOrEmpty(_name) ? target?.Metadata.Name ?? "" : _name,
        Operation = _operation ?? "",
        User = new(_userName ?? "", _groups),
        IsDryRun = _isDryRun ?? false,
        SubResource = string.IsNullOrEmpty(_subResource) ? null : _subResource,
    };
}
