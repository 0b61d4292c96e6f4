using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Callers;

/// <summary>Rejects callers without a valid token, and counts them.</summary>
internal sealed partial class TokenCheck(Current<TokenAuthority> authority, Metrics metrics, TimeProvider time, ILogger<TokenCheck> logger)
{
    private const string Scheme = "Bearer ";

    private readonly LogInterval _refusals = new(time, TimeSpan.FromSeconds(10));

    /// <summary>Whether the caller may send reviews. The headers decide it, before the server reads or keeps anything for the caller.</summary>
    public async ValueTask<bool> AcceptsAsync(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count != 1 || !authorization[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return Refuse("absent");

        var (group, fault) = await authority.Value.VerifyAsync(authorization[0]![Scheme.Length..].Trim());
        context.Features.Set(new AttestedGroup(group));
        return fault is null || Refuse(fault);
    }

    /// <summary>Whether the caller may send reviews of an API group: servers of other APIs may send only their own.</summary>
    public bool Covers(HttpContext context, string group) =>
        (context.Features.Get<AttestedGroup>() is { Name: { } attested } && (attested == "*" || attested == group)) || Refuse("scope");

    private bool Refuse(string fault)
    {
        metrics.CountRefusedCaller(fault);
        if (_refusals.Passes())
            Log.Refused(logger, fault);
        return false;
    }

    /// <param name="Name">Empty for the core group; null if the token is rejected.</param>
    private sealed record AttestedGroup(string? Name);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Rejecting a caller for its token ({Fault})")]
        public static partial void Refused(ILogger logger, string fault);
    }
}
