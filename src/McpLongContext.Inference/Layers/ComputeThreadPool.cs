namespace McpLongContext.Inference.Layers;

/// <summary>
/// Threads that share the parts of one piece of work after the other, hundreds of pieces a token: idle ones wait in a
/// short loop before they sleep, because waking a thread takes longer than most pieces. Used by one caller at a time.
/// </summary>
public sealed class ComputeThreadPool : IDisposable
{
    /// <summary>Looks for new work before a thread sleeps: some tens of microseconds.</summary>
    private const int SpinCount = 400;

    /// <summary>Iterations of a processor's pause between two looks.</summary>
    private const int SpinIterations = 8;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread[] _threads;
    private volatile Job _job = new(0, static _ => { });
    private int _sleeping;
    private volatile bool _stopped;

    /// <summary>Starts a thread pool.</summary>
    /// <param name="threads">How many work, the caller included; 1 or more.</param>
    public ComputeThreadPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"inference {i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>How many work, the caller included.</summary>
    public int Size => _threads.Length + 1;

    /// <summary>Runs all parts, on any threads in any order, and returns when the last one is done.</summary>
    /// <param name="parts">How many.</param>
    /// <param name="body">Runs a part, 0 to <paramref name="parts"/> - 1.</param>
    /// <exception cref="AggregateException">Parts threw; the others were run.</exception>
    public void Run(int parts, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        ObjectDisposedException.ThrowIf(_stopped, this);
        if (parts <= 1 || _threads.Length == 0)
        {
            for (var part = 0; part < parts; part++)
            {
                body(part);
            }

            return;
        }

        var job = new Job(parts, body);
        int sleeping;
        lock (_gate)
        {
            _job = job;
            sleeping = _sleeping;
            _sleeping = 0;
        }

        if (sleeping > 0)
        {
            _wake.Release(sleeping);
        }

        job.Help();
        job.WaitForOthers();
    }

    /// <summary>Divides rows among the threads.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="body">Gets the first row and the number of rows of a part.</param>
    public void RunRows(int rows, Action<int, int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var step = Math.Max(4, (rows + (Size * 4) - 1) / (Size * 4));
        Run((rows + step - 1) / step, part => body(part * step, Math.Min(step, rows - (part * step))));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        lock (_gate)
        {
            _sleeping = 0;
        }

        _wake.Release(Math.Max(1, _threads.Length));
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _wake.Dispose();
    }

    private void Work()
    {
        var seen = _job;
        while (!_stopped)
        {
            for (var spin = 0; ReferenceEquals(_job, seen) && spin < SpinCount; spin++)
            {
                Thread.SpinWait(SpinIterations);
            }

            if (ReferenceEquals(_job, seen) && !Sleep(seen))
            {
                continue;
            }

            seen = _job;
            seen.Help();
        }
    }

    /// <summary>Sleeps until there is another job; false where there is one already.</summary>
    private bool Sleep(Job seen)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_job, seen) || _stopped)
            {
                return false;
            }

            _sleeping++;
        }

        _wake.Wait();
        return true;
    }

    private sealed class Job(int parts, Action<int> body)
    {
        private readonly List<Exception> _failures = [];
        private int _next;
        private int _done;

        public void Help()
        {
            for (
                var part = Interlocked.Increment(ref _next) - 1;
                part < parts;
                part = Interlocked.Increment(ref _next) - 1
            )
            {
                try
                {
                    body(part);
                }
                // Whatever a part throws belongs to the caller, not to the thread that happened to run it.
                catch (Exception e)
                {
                    lock (_failures)
                    {
                        _failures.Add(e);
                    }
                }

                Interlocked.Increment(ref _done);
            }
        }

        public void WaitForOthers()
        {
            var wait = new SpinWait();
            while (Volatile.Read(ref _done) < parts)
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }

            if (_failures.Count > 0)
            {
                throw new AggregateException(_failures);
            }
        }
    }
}
