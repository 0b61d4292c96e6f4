using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>One of spec.tls.</summary>
/// <param name="Index">Where it stands in the list.</param>
/// <param name="Hosts">The hosts it serves.</param>
/// <param name="SecretName">Null where absent or empty.</param>
public sealed record IngressTls(int Index, ImmutableArray<Host> Hosts, string? SecretName)
{
    internal static IngressTls Read(ref ObjectReader json, int index)
    {
        ImmutableArray<string> hosts = [];
        string? secretName = null;

        while (json.NextField())
        {
            if (json.Is("hosts"u8))
                hosts = json.TextList(Bound.TlsHosts);
            else if (json.Is("secretName"u8))
                secretName = json.Text();
            else
                json.Skip();
        }

        return new(index, ImmutableArray.CreateRange(hosts, Host.Parse), string.IsNullOrEmpty(secretName) ? null : secretName);
    }
}
