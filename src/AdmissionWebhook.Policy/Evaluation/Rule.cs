using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>One check or default. Stateless: everything that a rule needs is in its arguments.</summary>
public abstract class Rule
{
    private protected Rule(string id, string summary, string why, Enforcement byDefault, Type subject)
    {
        Id = id;
        Summary = summary;
        Why = why;
        ByDefault = byDefault;
        Kinds = [.. ResourceKind.All.Where(kind => kind.IsJudged && subject.IsAssignableFrom(kind.Type))];
    }

    /// <summary>Kebab-case and stable: used in policies, messages, logs and metrics.</summary>
    public string Id { get; }

    /// <summary>What is true if an object follows the rule, as one sentence.</summary>
    public string Summary { get; }

    /// <summary>What goes wrong otherwise.</summary>
    public string Why { get; }

    /// <summary>The enforcement of a policy that names the rule and no enforcement.</summary>
    public Enforcement ByDefault { get; }

    /// <summary>The kinds of objects that it validates.</summary>
    public ImmutableArray<ResourceKind> Kinds { get; }

    /// <summary>The operations that it validates; none for a rule that runs only in audits.</summary>
    public virtual Operation Operations => Operation.Create | Operation.Update;

    /// <summary>The subresource that it validates, <c>status</c>; null for the object itself.</summary>
    public virtual string? SubResource => null;

    /// <summary>Whether it runs in audits of stored objects. A rule about a change does not.</summary>
    public virtual bool JudgesStored => true;

    /// <summary>The kinds of other objects that it looks up; watches and permissions follow from them.</summary>
    public virtual ImmutableArray<ResourceKind> Reads => [];

    /// <summary>What a policy can set.</summary>
    public virtual ImmutableArray<Parameter> Parameters => [];

    /// <summary>Whether no other rule validates an object that this one denies. Such rules are first in the catalogue.</summary>
    public virtual bool IsGate => false;

    /// <summary>
    /// Whether the API server has done it for every object that the webhook sees. The command line then runs it at its strictest where no policy mentions it, and no
    /// preset does.
    /// </summary>
    public virtual bool IsForManifests => false;

    /// <summary>The enforcements a policy can choose from.</summary>
    public abstract ImmutableArray<Enforcement> Enforcements { get; }

    /// <summary>The phase of admission in which it runs.</summary>
    public abstract AdmissionPhase Phase { get; }
}

/// <summary>Validates objects of one type.</summary>
/// <param name="id">See <see cref="Rule.Id"/>.</param>
/// <param name="summary">See <see cref="Rule.Summary"/>.</param>
/// <param name="why">See <see cref="Rule.Why"/>.</param>
/// <param name="byDefault">See <see cref="Rule.ByDefault"/>.</param>
public abstract class ValidationRule<T>(string id, string summary, string why, Enforcement byDefault = Enforcement.Deny)
    : ValidationRule(id, summary, why, byDefault, typeof(T)) where T : KubernetesObject
{
    /// <summary>All violations of <paramref name="subject"/>, in the order of its fields.</summary>
    protected abstract IEnumerable<Violation> Check(T subject, RuleContext context);

    internal sealed override IEnumerable<Violation> Run(KubernetesObject subject, RuleContext context) => Check((T)subject, context);
}

/// <summary>What the engine sees of a <see cref="ValidationRule{T}"/>.</summary>
public abstract class ValidationRule : Rule
{
    private protected ValidationRule(string id, string summary, string why, Enforcement byDefault, Type subject)
        : base(id, summary, why, byDefault, subject)
    {
    }

    /// <inheritdoc/>
    public sealed override ImmutableArray<Enforcement> Enforcements { get; } = [Enforcement.Off, Enforcement.Audit, Enforcement.Warn, Enforcement.Deny];

    /// <inheritdoc/>
    public sealed override AdmissionPhase Phase => AdmissionPhase.Validating;

    internal abstract IEnumerable<Violation> Run(KubernetesObject subject, RuleContext context);
}

/// <summary>Sets defaults in objects of one type. Sets only absent fields, and nothing in a second run.</summary>
/// <param name="id">See <see cref="Rule.Id"/>.</param>
/// <param name="summary">See <see cref="Rule.Summary"/>.</param>
/// <param name="why">See <see cref="Rule.Why"/>.</param>
/// <param name="byDefault">See <see cref="Rule.ByDefault"/>.</param>
public abstract class MutationRule<T>(string id, string summary, string why, Enforcement byDefault = Enforcement.Apply)
    : MutationRule(id, summary, why, byDefault, typeof(T)) where T : KubernetesObject
{
    /// <summary>What to add to <paramref name="subject"/>; the parent of each field exists or is metadata.annotations.</summary>
    protected abstract IEnumerable<PatchOperation> Fill(T subject, RuleContext context);

    internal sealed override IEnumerable<PatchOperation> Run(KubernetesObject subject, RuleContext context) => Fill((T)subject, context);
}

/// <summary>What the engine sees of a <see cref="MutationRule{T}"/>.</summary>
public abstract class MutationRule : Rule
{
    private protected MutationRule(string id, string summary, string why, Enforcement byDefault, Type subject)
        : base(id, summary, why, byDefault, subject)
    {
    }

    /// <inheritdoc/>
    public sealed override ImmutableArray<Enforcement> Enforcements { get; } = [Enforcement.Off, Enforcement.Suggest, Enforcement.Apply];

    /// <inheritdoc/>
    public sealed override AdmissionPhase Phase => AdmissionPhase.Mutating;

    internal abstract IEnumerable<PatchOperation> Run(KubernetesObject subject, RuleContext context);
}

/// <summary>The inputs of a rule besides the object.</summary>
/// <param name="Subject">The request.</param>
/// <param name="Lookups">Lookups in the cluster, shared with other rules.</param>
/// <param name="Parameters">What the policy sets.</param>
public readonly record struct RuleContext(Subject Subject, Lookups Lookups, ParameterValues Parameters)
{
    /// <summary>The other objects.</summary>
    public ClusterState Cluster => Lookups.Cluster;
}
