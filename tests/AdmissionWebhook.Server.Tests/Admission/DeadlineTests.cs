using AdmissionWebhook.Server.Admission;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class DeadlineTests
{
    [Theory]
    [InlineData("10s", 10_000)]
    [InlineData("2.5s", 2_500)]
    [InlineData("0m30s", 30_000)]
    [InlineData("0m1.5s", 1_500)]
    [InlineData("500ms", 500)]
    [InlineData(".5s", 500)]
    [InlineData("1000000us", 1_000)]
    [InlineData("1000000µs", 1_000)]
    [InlineData("5000000ns", 5)]
    public void Reads_a_Go_duration(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Deadline.Parse(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("10 s")]
    [InlineData("10s\n")]
    [InlineData("1d")]
    [InlineData("1e3s")]
    [InlineData("٣s")]
    public void Rejects_text_that_is_not_a_Go_duration(string? text) => Assert.Null(Deadline.Parse(text));

    [Theory]
    [InlineData("1m0s", 29_500)]
    [InlineData("999999999999999h", 29_500)]
    [InlineData("10s", 9_500)]
    [InlineData("3s", 2_500)]
    [InlineData("1s", 750)]
    [InlineData("100ms", 75)]
    [InlineData(null, 9_500)]
    [InlineData("0s", 9_500)]
    [InlineData("soon", 9_500)]
    public void The_answer_comes_before_the_API_server_stops_waiting(string? timeout, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Deadline.Of(timeout));

    [Fact]
    public async Task The_deadline_includes_the_time_before_the_first_wait()
    {
        var clock = new FakeTimeProvider();
        using var deadline = new Deadline(TimeSpan.FromHours(1), clock);
        clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(20));

        var passed = new TaskCompletionSource();
        await using var _ = deadline.Token.Register(passed.SetResult);
        clock.Advance(TimeSpan.FromMilliseconds(20));

        await passed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public void A_wait_after_the_deadline_ends_at_once()
    {
        var clock = new FakeTimeProvider();
        using var deadline = new Deadline(TimeSpan.FromSeconds(10), clock);

        clock.Advance(TimeSpan.FromSeconds(11));

        Assert.True(deadline.Token.IsCancellationRequested);
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public void An_answer_is_lost_once_the_caller_has_stopped_waiting()
    {
        var clock = new FakeTimeProvider();
        using var deadline = Deadline.Begin("?timeout=2s", clock);

        clock.Advance(TimeSpan.FromMilliseconds(1_600));
        var due = (deadline.IsOver(), deadline.IsLost());
        clock.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Equal((true, false), due);
        Assert.True(deadline.IsLost());
    }
}
