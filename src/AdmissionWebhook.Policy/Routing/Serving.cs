using System.Globalization;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>Who serves an Ingress, and with which others it shares its routes: the one answer that every rule asks for.</summary>
public static class Serving
{
    /// <summary>
    /// The class that serves an Ingress: spec.ingressClassName, else the annotation that came before it, else the cluster's
    /// default class. Of several default classes the newest counts, as in the API server.
    /// </summary>
    public static EffectiveClass ClassOf(this ClusterState cluster, Ingress ingress)
    {
        if (ingress.ClassName is { } field)
            return new(field, null, IsKnown: true);
        if (ingress.AnnotatedClasses is [var (annotation, named), ..])
            return new(named, annotation, IsKnown: true);

        // To the API server an empty class is one: it fills in no default, and which controllers serve the Ingress is up to them.
        if (ingress.NamesClass)
            return new(null, ingress.HasClassField ? null : Ingress.ClassAnnotation, IsKnown: true);

        var newest = cluster.DefaultClasses.MaxBy(known => (known.Metadata.CreationTimestamp ?? "", known.Metadata.Name), NewestFirstByName);
        return new(newest?.Metadata.Name, null, newest is not null || cluster.Knows(ResourceKind.IngressClass));
    }

    /// <summary>
    /// The controller that serves an Ingress, by its class; null where that is none of the known ones, or cannot be told. Where there is no
    /// IngressClass, or nobody knows, the name that a controller has for itself decides. Without a class at all it is the one whose annotations the Ingress has, if
    /// that one serves Ingresses without a class.
    /// </summary>
    public static IngressController? ControllerOf(this ClusterState cluster, Ingress ingress) => cluster.ClassOf(ingress) switch
    {
        { Name: { } name } => cluster.ControllerOfClass(name),
        { IsKnown: true } when !ingress.HasClassField => ingress.Metadata.Annotations.Select(entry => IngressController.OwnerOf(entry.Key)).FirstOrDefault(owner => owner is { ServesUnclassed: true }),
        _ => null,
    };

    /// <summary>The controller that serves a class, by its object, and where there is none by the name; null where that is none of the known ones.</summary>
    public static IngressController? ControllerOfClass(this ClusterState cluster, string className) =>
        cluster.Find<IngressClass>(null, className).Found is { } found ? found.KnownController : IngressController.OfClassName(className);

    /// <summary>Whether an Ingress has an entrance of its own, so that no other Ingress can take its requests.</summary>
    public static bool HasOwnEntrance(Ingress ingress, IngressController controller) => controller switch
    {
        { Shares: RouteSharing.Nobody } => true,
        { Group: { } group } => ingress.Metadata.Annotations[group.Name] is null,
        { SharedWhere: { } where } => ingress.Metadata.Annotations[where.Key] != where.Value,
        _ => false,
    };

    /// <summary>
    /// Whether a controller serves an Ingress for all anybody knows: false where every class it names is another's for certain, null where nobody
    /// knows the class that decides. A controller that is none of the known ones may be this one under a name of its own.
    /// </summary>
    public static bool? CouldBeServedBy(this ClusterState cluster, IngressController controller, Ingress ingress)
    {
        var effective = cluster.ClassOf(ingress);
        var could = !effective.IsKnown ? null : effective.Name is null ? true : CouldServe(cluster, controller, effective.Name);
        foreach (var other in ingress.NamedClasses)
        {
            if (could is not true && other != effective.Name && CouldServe(cluster, controller, other) is not false and var annotated)
                could = annotated is true ? true : null;
        }

        return could;
    }

    /// <summary>The aliases of an Ingress that count: those of the controllers that may be the one to serve it, where that is known.</summary>
    public static IEnumerable<HostAlias> AliasesOf(this ClusterState cluster, Ingress ingress) =>
        ingress.ServerAliases.IsEmpty ? [] : ingress.ServerAliases.Where(alias => cluster.CouldBeServedBy(alias.Reader!, ingress) is true);

    /// <summary>
    /// Whether one controller serves both Ingresses from the same routes; null where nobody can tell. A stored Ingress without a class has none: defaults are filled
    /// in on creation.
    /// </summary>
    /// <param name="ingress">One, which may yet get the default class.</param>
    /// <param name="other">Another one, as it is stored.</param>
    public static bool? ShareRoutes(this ClusterState cluster, Ingress ingress, Ingress other)
    {
        if (!ingress.NamedClasses.Any() && cluster.ControllerOf(ingress) is { } unclassed && HasOwnEntrance(ingress, unclassed))
            return false;
        if (!ingress.NamedClasses.Any())
            return cluster.ClassOf(ingress) is { IsKnown: true } mine ? ShareRoutes(cluster, mine.Name, ingress, other) : null;

        var isUnsure = false;
        foreach (var mine in ingress.NamedClasses)
        {
            var shared = ShareRoutes(cluster, mine, ingress, other);
            if (shared is true)
                return true;
            isUnsure |= shared is null;
        }

        return isUnsure ? null : false;
    }

    /// <summary>
    /// From whose routes an Ingress is served, for each class that it names. Two Ingresses share routes where one meets what the other takes: of two classes that
    /// are there the controller's name tells, and a class that is not there is served by the known controller that has it by default.
    /// </summary>
    public static RouteScopes RouteScopesOf(this ClusterState cluster, Ingress ingress)
    {
        var (takes, meets) = (new HashSet<string>(), new HashSet<string>());
        if (!ingress.NamedClasses.Any() && cluster.ControllerOf(ingress) is { } unclassed && HasOwnEntrance(ingress, unclassed))
            Add($"own of {ingress.Reference}");
        else
            AddAll();
        return new([.. takes], [.. meets]);

        void AddAll()
        {
            foreach (var className in ingress.NamedClasses.DefaultIfEmpty(cluster.ClassOf(ingress).Name))
            {
                if (className is null)
                    Add("no class");
                else
                    AddScopesOf(className);
            }
        }

        void AddScopesOf(string className)
        {
            var found = cluster.Find<IngressClass>(null, className).Found;
            var known = found is null ? IngressController.OfClassName(className) : found.KnownController;
            switch (known?.Shares)
            {
                case not null when HasOwnEntrance(ingress, known):
                    Add($"own of {ingress.Reference}");
                    break;
                case RouteSharing.Group:
                    Add($"group {GroupOf(ingress, known)}");
                    break;
                case not null when known.Merging is { } merging:
                    AddMerged($"class {className}", ingress.Metadata.Annotations[merging]);
                    break;
                case RouteSharing.Controller when found is null:
                    takes.Add($"default of {known.Id}");
                    meets.UnionWith([$"default of {known.Id}", $"class of {known.Id}"]);
                    break;
                case RouteSharing.Controller:
                    takes.UnionWith([$"controller {found.Controller}", $"class of {known.Id}"]);
                    meets.UnionWith([$"controller {found.Controller}", $"default of {known.Id}"]);
                    break;
                case null when found is not null:
                    Add($"controller {found.Controller}");
                    break;
                default:
                    Add($"class {className}");
                    break;
            }
        }

        // A master meets no minion, and neither meets another of its minions for the host as a whole.
        void AddMerged(string scope, string? part)
        {
            takes.Add($"{scope} {part ?? "alone"}");
            meets.UnionWith(part switch
            {
                "master" => [$"{scope} alone", $"{scope} master"],
                "minion" => [$"{scope} alone"],
                _ => [$"{scope} alone", $"{scope} master", $"{scope} minion"],
            });
        }

        void Add(string scope)
        {
            takes.Add(scope);
            meets.Add(scope);
        }
    }

    private static bool? ShareRoutes(ClusterState cluster, string? mine, Ingress ingress, Ingress other)
    {
        if (mine is null)
            return !other.NamedClasses.Any();

        var isUnsure = false;
        foreach (var theirs in other.NamedClasses)
        {
            var shared = ShareRoutes(cluster, mine, theirs, ingress, other);
            if (shared is true)
                return true;
            isUnsure |= shared is null;
        }

        return isUnsure ? null : false;
    }

    private static bool? ShareRoutes(ClusterState cluster, string mine, string theirs, Ingress ingress, Ingress other)
    {
        var (one, two) = (cluster.Find<IngressClass>(null, mine), mine == theirs ? default : cluster.Find<IngressClass>(null, theirs));
        var controller = one.Found is { } found ? found.KnownController : IngressController.OfClassName(mine);
        if (controller is not null && (HasOwnEntrance(ingress, controller) || HasOwnEntrance(other, controller) || GroupOf(ingress, controller) != GroupOf(other, controller)))
            return false;
        if (mine == theirs)
            return true;
        if (one.IsUnknown || two.IsUnknown)
            return null;

        // Of two classes that are there the controller's name tells. A class that is not there is served by the controller that has it by default.
        return controller is not { Shares: RouteSharing.Class } && (one.Found, two.Found) switch
        {
            ({ } first, { } second) => first.Controller == second.Controller,
            (null, { KnownController: { } known }) => known == controller,
            ({ }, null) => controller is not null && controller == IngressController.OfClassName(theirs),
            _ => controller is not null && controller == IngressController.OfClassName(theirs),
        };
    }

    /// <summary>
    /// Whether a backend is no Service but an action that an annotation describes, so that neither its name nor its port stands for anything in the cluster. To other
    /// controllers it is a Service like any other. A class that nobody knows may be such a controller's.
    /// </summary>
    public static bool IsAction(this ClusterState cluster, Route route, Backend backend)
    {
        if (route is not Ingress ingress || backend is (not { ServiceName: not null, Port.Number: null }) or IngressBackend { IsResource: true })
            return false;

        foreach (var controller in IngressController.All)
        {
            if (controller.Actions is { } actions && backend.Port.Name == actions.Port && ingress.Metadata.Annotations[actions.Annotations + backend.ServiceName] is { Length: > 0 })
                return cluster.ClassOf(ingress).Name is not { } name || cluster.Find<IngressClass>(null, name).Found is not { } found || found.KnownController == controller;
        }

        return false;
    }

    /// <summary>Whether a controller takes two Ingresses as parts of one: the master of a host, and a minion for a path.</summary>
    public static bool AreParts(IngressController? controller, Ingress ingress, Ingress other) =>
        controller?.Merging is { } merging && (ingress.Metadata.Annotations[merging], other.Metadata.Annotations[merging]) is ("master", "minion") or ("minion", "master");

    /// <summary>Whether two Ingresses are parts of one host, each for paths of its own.</summary>
    public static bool AreMinions(IngressController? controller, Ingress ingress, Ingress other) =>
        controller?.Merging is { } merging && (ingress.Metadata.Annotations[merging], other.Metadata.Annotations[merging]) is ("minion", "minion");

    /// <summary>Whether an annotation answers every request of an Ingress with a redirect, so that its backends get none.</summary>
    public static bool IsRedirected(this ClusterState cluster, Ingress ingress) =>
        !ingress.Metadata.Annotations.IsEmpty
        && cluster.ControllerOf(ingress) is { Redirects: { IsEmpty: false } redirects }
        && redirects.Any(redirect => ingress.Metadata.Annotations[redirect] is { Length: > 0 });

    /// <summary>Whether an annotation looks as if it answered every request of an Ingress with a redirect: it names a middleware for redirects, or returns a redirect.</summary>
    public static bool MayBeRedirected(this ClusterState cluster, Ingress ingress) =>
        !ingress.Metadata.Annotations.IsEmpty
        && cluster.ControllerOf(ingress) is { MayRedirect: { IsEmpty: false } annotations }
        && annotations.Any(annotation => ingress.Metadata.Annotations[annotation] is { } value
            && (value.Contains("redirect", StringComparison.OrdinalIgnoreCase) || value.Contains("return 30", StringComparison.Ordinal)));

    /// <summary>Whether the load balancer of a group looks at the rules of an Ingress before it looks at those of another one.</summary>
    public static bool IsAskedBefore(Ingress ingress, Ingress other)
    {
        foreach (var controller in IngressController.All)
        {
            if (controller.Group is { } group && ingress.Metadata.Annotations[group.Name] is not null && OrderOf(ingress, group) < OrderOf(other, group))
                return true;
        }

        return false;

        static int OrderOf(Ingress ingress, ControllerGroup group) =>
            int.TryParse(ingress.Metadata.Annotations[group.Order], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var order) ? order : 0;
    }

    private static string? GroupOf(Ingress ingress, IngressController controller) => controller.Group is { } group ? ingress.Metadata.Annotations[group.Name] : null;

    private static bool? CouldServe(ClusterState cluster, IngressController controller, string className)
    {
        var known = cluster.Find<IngressClass>(null, className);
        var serving = known.Found is { } found ? found.KnownController : IngressController.OfClassName(className);
        return serving is not null ? serving == controller : known.IsUnknown ? null : true;
    }

    private static Comparer<(string Created, string Name)> NewestFirstByName { get; } = Comparer<(string Created, string Name)>.Create((a, b) =>
        string.CompareOrdinal(a.Created, b.Created) is var order and not 0 ? order : string.CompareOrdinal(b.Name, a.Name));
}
