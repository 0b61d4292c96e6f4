using System.CommandLine;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli;

/// <summary><c>crds</c>: prints the CustomResourceDefinitions of policies and exemptions.</summary>
internal sealed class CrdsCommand : Command
{
    public CrdsCommand(Streams streams)
        : base("crds", "Print the CustomResourceDefinitions of policies and exemptions, for kubectl apply -f -.") =>
        SetAction(_ => streams.Output.Write(string.Join("---\n", CustomResource.All.Select(resource => JsonYaml.Write(resource.Definition)))));
}
