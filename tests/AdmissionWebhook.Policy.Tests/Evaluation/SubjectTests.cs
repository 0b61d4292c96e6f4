using AdmissionWebhook.Policy.Evaluation;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class SubjectTests
{
    [Theory]
    [InlineData("labels: {a: b}", "labels: {a: c}", false)]
    [InlineData("annotations: {a: b, c: d}", "annotations: {c: d, a: b}", false)]
    [InlineData("annotations: {kubectl.kubernetes.io/last-applied-configuration: a}", "annotations: {kubectl.kubernetes.io/last-applied-configuration: b}", false)]
    [InlineData("annotations: {}", "annotations: {kubectl.kubernetes.io/last-applied-configuration: b}", false)]
    [InlineData("annotations: {a: b}", "annotations: {a: c}", true)]
    [InlineData("annotations: {a: b}", "annotations: {}", true)]
    [InlineData("annotations: {}", "annotations: {a: b}", true)]
    [InlineData("annotations: {a: b}", "annotations: {b: b}", true)]
    public void Of_the_metadata_only_annotations_concern_traffic(string before, string after, bool concerns)
    {
        var subject = Update(Service(before), Service(after)) with { ChangesSpec = false };

        Assert.Equal(concerns, subject.ConcernsTraffic);
        Assert.True((subject with { ChangesSpec = true }).ConcernsTraffic);
    }

    [Fact]
    public void Every_request_except_an_update_concerns_traffic()
    {
        var subject = Update(Service(""), Service("")) with { ChangesSpec = false };

        Assert.False(subject.ConcernsTraffic);
        Assert.True((subject with { Operation = Operation.Create }).ConcernsTraffic);
        Assert.True((subject with { Operation = Operation.Delete }).ConcernsTraffic);
        Assert.True((subject with { OldObject = null }).ConcernsTraffic);
        Assert.True((subject with { IsAudit = true }).ConcernsTraffic);
    }

    private static string Service(string metadata) => $"{{apiVersion: v1, kind: Service, metadata: {{name: web, {metadata}}}}}";
}
