namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// Measures how long work waits for a thread of the pool. Requests queue there before our code runs, so a counter of requests in progress would not
/// see them.
/// </summary>
internal sealed class QueueProbe(Capacity capacity) : BackgroundService, IThreadPoolWorkItem
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public void Execute() => capacity.ReceiveProbe();

    /// <summary>Runs on its own thread: a timer would itself wait for the pool.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(
        () =>
        {
            while (!stoppingToken.WaitHandle.WaitOne(Interval))
            {
                if (capacity.TrySendProbe())
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
