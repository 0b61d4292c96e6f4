using Spectre.Console;

namespace AdmissionWebhook.Cli;

/// <summary>Shows who waits at a terminal how far the work is, and clears that away at the end; in a pipe there is nothing of it.</summary>
internal static class Progress
{
    /// <summary>Does some work and shows its progress meanwhile.</summary>
    /// <param name="streams">Where.</param>
    /// <param name="name">What is done.</param>
    /// <param name="steps">How many steps that takes.</param>
    /// <param name="work">Does it; calls what it is given after each step, from any thread.</param>
    public static Task<T> ShowAsync<T>(Streams streams, string name, int steps, Func<Action, Task<T>> work)
    {
        if (streams.CreateDrawing() is not { } drawing)
            return work(() => { });

        var display = drawing.Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn());
        return display.StartAsync(context =>
        {
            var bar = context.AddTask(name, maxValue: steps);
            return work(() => bar.Increment(1));
        });
    }
}
