using Spectre.Console;

namespace AdmissionWebhook.Cli;

/// <summary>Shows the progress on a terminal, and clears it at the end; writes nothing to a pipe.</summary>
internal static class Progress
{
    /// <summary>Does some work and shows its progress.</summary>
    /// <param name="streams">The outputs.</param>
    /// <param name="name">The name of the work.</param>
    /// <param name="steps">The number of steps.</param>
    /// <param name="work">The work; it calls its argument after each step, from any thread.</param>
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
