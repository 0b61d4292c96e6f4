using System.Text.Json.Nodes;

namespace AdmissionWebhook.TestSupport;

/// <summary>What an API server stores, and every change since the last compaction.</summary>
/// <param name="faults">What goes wrong in it.</param>
internal sealed class StoredObjects(Faults faults)
{
    /// <summary>The resource version before anything was stored.</summary>
    public const int First = 100;

    private readonly Lock _writing = new();
    private readonly SortedDictionary<string, string> _objects = new(StringComparer.Ordinal);
    private readonly List<StoredChange> _log = [];
    private int _version = First;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The newest resource version.</summary>
    public int Version => _version;

    /// <summary>Ends with the next change.</summary>
    public Task Changed => _changed.Task;

    /// <summary>The JSON of an object as it is stored now; null where there is none.</summary>
    public string? Find(string path)
    {
        lock (_writing)
            return _objects.GetValueOrDefault(path);
    }

    /// <summary>Objects of a kind in the order of their paths, and the version in which they are like that.</summary>
    public (List<string> Items, int Version) List(ServedKind kind, Func<string, string, bool> isAsked, int offset = 0, int limit = int.MaxValue)
    {
        lock (_writing)
            return ([.. _objects.Where(entry => kind.Has(entry.Key) && isAsked(entry.Key, entry.Value)).Skip(offset).Take(limit).Select(entry => entry.Value)], _version);
    }

    /// <summary>What has changed after a version, and which version that leads to; null where nobody knows any more.</summary>
    public (List<StoredChange> Changes, int Version)? ChangesAfter(int version)
    {
        lock (_writing)
        {
            if (version < _version && (_log.Count == 0 || _log[0].Version > version + 1))
                return null;
            return ([.. _log.Where(change => change.Version > version)], Math.Max(version, _version));
        }
    }

    /// <summary>Creates or replaces an object.</summary>
    public void Put(ServedKind kind, string path, JsonObject json)
    {
        lock (_writing)
            Store(kind, path, json);
    }

    /// <summary>Creates or replaces an object as it is written.</summary>
    public void PutText(string path, string json)
    {
        lock (_writing)
        {
            var type = _objects.ContainsKey(path) ? "MODIFIED" : "ADDED";
            _objects[path] = Record(KindAt(path), type, path, json.Replace("VERSION", $"{_version + 1}", StringComparison.Ordinal));
        }
    }

    public void Delete(string path)
    {
        lock (_writing)
        {
            _objects.Remove(path, out var json);
            Record(KindAt(path), "DELETED", path, Parse(json!));
        }
    }

    /// <summary>Deletes one version of an object, or whichever is there; why not, where it is refused.</summary>
    public (int Code, string Reason)? DeleteVersion(string path, string? version)
    {
        lock (_writing)
        {
            if (!_objects.TryGetValue(path, out var json))
                return (404, "NotFound");
            if (version is not null && version != (string?)Parse(json)["metadata"]!["resourceVersion"])
                return (409, "Conflict");

            Delete(path);
            return null;
        }
    }

    /// <summary>Forgets the changes so far.</summary>
    public void Compact()
    {
        lock (_writing)
            _log.Clear();
    }

    /// <summary>What somebody sends to be stored; why not, where it is refused.</summary>
    public (int Code, string Reason)? Change(string path, JsonObject sent, bool isStatus, bool isApplied, bool isNew)
    {
        lock (_writing)
        {
            var stored = _objects.TryGetValue(path, out var text) ? Parse(text) : null;
            if (stored is null != isNew)
                return isNew ? (409, "AlreadyExists") : (404, "NotFound");
            if ((string?)sent["metadata"]!["resourceVersion"] is { } version && version != (string?)stored?["metadata"]!["resourceVersion"])
                return (409, "Conflict");

            var next = isStatus ? WithStatus(stored!, sent) : isApplied ? Applied(stored!, sent) : sent;
            if ((isStatus || isApplied) && JsonNode.DeepEquals(next, stored))
                return null;

            Store(KindAt(path), path, next);
            return null;
        }
    }

    private static ServedKind KindAt(string path) => ServedKind.All.Single(kind => kind.Has(path));

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private JsonObject WithStatus(JsonObject stored, JsonObject sent)
    {
        var next = stored.DeepClone().AsObject();
        next["status"] = sent["status"]!.DeepClone();
        next["status"]!.AsObject().Remove(faults.UnknownStatusField ?? "");
        return next;
    }

    private static JsonObject Applied(JsonObject stored, JsonObject sent)
    {
        var next = stored.DeepClone().AsObject();
        Apply(next, sent);
        return next;
    }

    /// <summary>Server-side apply without its owners: fields are set, and items of a list are found by their names.</summary>
    private static void Apply(JsonObject target, JsonObject sent)
    {
        foreach (var (name, value) in sent)
        {
            if (value is JsonObject inner && target[name] is JsonObject known)
            {
                Apply(known, inner);
            }
            else if (value is JsonArray items && target[name] is JsonArray all)
            {
                foreach (var item in items.OfType<JsonObject>())
                    Apply(all.OfType<JsonObject>().Single(each => (string?)each["name"] == (string?)item["name"]), item);
            }
            else
            {
                target[name] = value?.DeepClone();
            }
        }
    }

    /// <summary>Keeps what the API server keeps in metadata, and the status.</summary>
    private void Store(ServedKind kind, string path, JsonObject json)
    {
        var before = _objects.TryGetValue(path, out var stored) ? Parse(stored) : null;
        var generation = (long?)before?["metadata"]!["generation"] ?? 0;
        json["metadata"]!["uid"] = (string?)before?["metadata"]!["uid"] ?? Guid.NewGuid().ToString();
        json["metadata"]!["generation"] = JsonNode.DeepEquals(before?["spec"], json["spec"]) && before is not null ? generation : generation + 1;
        if (json["status"] is null && before?["status"] is { } status)
            json["status"] = status.DeepClone();
        _objects[path] = Record(kind, before is null ? "ADDED" : "MODIFIED", path, json);
    }

    private string Record(ServedKind kind, string type, string path, JsonObject json)
    {
        json["metadata"]!["resourceVersion"] = $"{_version + 1}";
        return Record(kind, type, path, json.ToJsonString());
    }

    private string Record(ServedKind kind, string type, string path, string text)
    {
        _version++;
        _log.Add(new(_version, kind, type, text, path));
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        return text;
    }
}

/// <summary>One change, as a watch tells it.</summary>
internal sealed record StoredChange(int Version, ServedKind Kind, string Type, string Json, string Path = "");
