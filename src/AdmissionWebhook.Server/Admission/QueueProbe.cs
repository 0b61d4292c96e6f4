namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// Measures how long work waits for a thread of the pool. Requests queue up there before any code of ours runs, so that a counter of requests under way would see nothing of it.
/// </summary>
internal sealed class QueueProbe(Capacity capacity) : BackgroundService, IThreadPoolWorkItem
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public void Execute() => capacity.ReceiveProbe();

    /// <summary>On a thread of its own: a timer would itself wait for the pool.</summary>
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
