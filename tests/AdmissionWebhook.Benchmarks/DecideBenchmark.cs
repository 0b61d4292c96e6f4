using System.Buffers;
using AdmissionWebhook.Benchmarks.Samples;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Admission;
using BenchmarkDotNet.Attributes;

namespace AdmissionWebhook.Benchmarks;

/// <summary>What the server does for a review, step by step, without the wire.</summary>
/// <remarks>Public and open, since BenchmarkDotNet derives from it.</remarks>
[MemoryDiagnoser(displayGenColumns: false)]
public class DecideBenchmark
{
    private readonly byte[] _review = SampleReview.Many(1)[0];
    private readonly ArrayBufferWriter<byte> _answer = new(1024);
    private AdmissionReview _read;
    private Subject _subject = null!;
    private ClusterState _state = null!;
    private PolicySet _catalogue = null!;
    private Decision _decision = null!;

    /// <summary>How many the cluster has.</summary>
    [ParamsSource(nameof(Sizes))]
    public int Objects { get; set; }

    /// <summary>The sizes that are compared.</summary>
    public static IEnumerable<int> Sizes => SampleCluster.Sizes;

    [GlobalSetup]
    public void Prepare()
    {
        _state = ClusterState.Empty.With(SampleCluster.Read(Objects));
        _read = ReviewReader.Read(_review);
        _subject = _read.ToSubject(AdmissionPhase.Validating, DateTimeOffset.UnixEpoch);
        _decision = PolicyEngine.Decide(_subject, PolicySet.Default, _state);
        if (!_decision.Findings.IsEmpty)
            throw new InvalidOperationException("The shipped policy is meant to have nothing to say about the sample.");

        _catalogue = Catalogue.AtItsStrictest();
        if (PolicyEngine.Decide(_subject, _catalogue, _state).Findings.IsEmpty)
            throw new InvalidOperationException("Some rule is meant to have something to say about the sample.");
    }

    /// <summary>From the bytes of a review to what rules see.</summary>
    [Benchmark]
    public object Read() => ReviewReader.Read(_review);

    /// <summary>The rules of the shipped policy.</summary>
    [Benchmark]
    public object Decide() => PolicyEngine.Decide(_subject, PolicySet.Default, _state);

    /// <summary>Every rule there is, each at its strictest; some find something, which costs more than finding nothing.</summary>
    [Benchmark]
    public object DecideCatalogue() => PolicyEngine.Decide(_subject, _catalogue, _state);

    /// <summary>From the decision to the bytes of an answer.</summary>
    [Benchmark]
    public int Write() => Write(_read.Request, _decision);

    /// <summary>All three, as for each request.</summary>
    [Benchmark]
    public int Review()
    {
        var review = ReviewReader.Read(_review);
        return Write(review.Request, PolicyEngine.Decide(review.ToSubject(AdmissionPhase.Validating, DateTimeOffset.UnixEpoch), PolicySet.Default, _state));
    }

    private int Write(AdmissionRequest request, Decision decision)
    {
        _answer.ResetWrittenCount();
        AdmissionResponse.Write(_answer, request, decision, PolicySet.Default.Revision, null, out var length);
        return length;
    }
}
