using AdmissionWebhook.Server.Admission;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class RehearsalTests
{
    [Fact]
    public async Task The_review_that_nobody_has_sent_can_be_answered()
    {
        using var rehearsal = new Rehearsal();

        await rehearsal.StartAsync(CancellationToken.None);

        await rehearsal.ExecuteTask!;
    }
}
