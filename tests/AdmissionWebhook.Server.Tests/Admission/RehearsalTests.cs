using AdmissionWebhook.Server.Admission;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class RehearsalTests
{
    [Fact]
    public async Task Answers_the_rehearsal_review()
    {
        using var rehearsal = new Rehearsal();

        await rehearsal.StartAsync(CancellationToken.None);

        await rehearsal.ExecuteTask!;
    }
}
