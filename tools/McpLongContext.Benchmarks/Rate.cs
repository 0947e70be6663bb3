using System.Diagnostics;

namespace McpLongContext.Benchmarks;

/// <summary>Operations per second over several repetitions: the median, and the lowest and highest as the spread.</summary>
internal sealed record Rate(double Median, double Low, double High)
{
    /// <summary>
    /// Measures bodies against each other. Each repetition runs all of them in turn, so that what else the machine does
    /// meets all alike; each runs on every thread at once and at least <paramref name="seconds"/> long.
    /// </summary>
    /// <param name="threads">How many threads run a body, each with the state that its factory made for it.</param>
    /// <param name="operations">What one call of each body counts for.</param>
    /// <param name="bodies">Factories of bodies, called once per thread.</param>
    /// <param name="repetitions">How often everything is measured.</param>
    /// <param name="seconds">The shortest time of one measurement.</param>
    public static Rate[] Measure(
        int threads,
        double[] operations,
        Func<Action>[] bodies,
        int repetitions = 41,
        double seconds = 0.003
    )
    {
        var actions = bodies.Select(body => Enumerable.Range(0, threads).Select(_ => body()).ToArray()).ToArray();
        var calls = actions.Select(action => Calibrate(action[0], seconds)).ToArray();
        var samples = bodies.Select(_ => new double[repetitions]).ToArray();
        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            for (var i = 0; i < bodies.Length; i++)
            {
                samples[i][repetition] = threads * calls[i] * operations[i] / Time(actions[i], calls[i]);
            }
        }

        return [.. samples.Select(Of)];
    }

    public static Rate Of(double[] samples)
    {
        Array.Sort(samples);
        return new Rate(samples[samples.Length / 2], samples[0], samples[^1]);
    }

    private static int Calibrate(Action action, double seconds)
    {
        action();
        for (var calls = 1; ; calls *= 2)
        {
            var time = Time([action], calls);
            if (time >= seconds / 2)
            {
                return Math.Max(1, (int)(calls * seconds / time));
            }
        }
    }

    private static double Time(Action[] actions, int calls)
    {
        using var start = new Barrier(actions.Length);
        var times = new double[actions.Length];
        var threads = actions.Skip(1).Select((action, i) => new Thread(() => Loop(action, i + 1))).ToList();
        threads.ForEach(thread => thread.Start());
        Loop(actions[0], 0);
        threads.ForEach(thread => thread.Join());
        return times.Max();

        void Loop(Action action, int index)
        {
            start.SignalAndWait();
            var watch = Stopwatch.StartNew();
            for (var call = 0; call < calls; call++)
            {
                action();
            }

            times[index] = watch.Elapsed.TotalSeconds;
        }
    }
}
