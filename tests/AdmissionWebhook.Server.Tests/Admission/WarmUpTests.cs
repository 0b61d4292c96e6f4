using AdmissionWebhook.Server.Admission;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class WarmUpTests
{
    [Fact]
    public async Task Answers_the_warm_up_review()
    {
        using var warmUp = new WarmUp();

        await warmUp.StartAsync(CancellationToken.None);

        await warmUp.ExecuteTask!;
    }
}
