using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>The maintenance tasks of this process: the running ones and the latest that ended.</summary>
internal sealed class MaintenanceTasks(ILogger<MaintenanceTasks> logger) : IDisposable
{
    private const int Remembered = 8;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly List<MaintenanceTask> _tasks = [];
    private int _count;

    /// <summary>The tasks, latest first.</summary>
    public IReadOnlyList<MaintenanceTask> All()
    {
        lock (_gate)
        {
            return [.. Enumerable.Reverse(_tasks)];
        }
    }

    /// <summary>Begins a task; the same one twice at a time is one.</summary>
    /// <param name="work">The work, in a word.</param>
    /// <param name="datastore">The datastore.</param>
    /// <param name="run">Returns the outcome, in words; canceled when the process ends.</param>
    public void Start(string work, string datastore, Func<CancellationToken, Task<string>> run)
    {
        lock (_gate)
        {
            if (_tasks.Exists(task => IsSame(task) && task.IsActive))
            {
                return;
            }

            _tasks.RemoveAll(IsSame);
            var task = new MaintenanceTask($"task-{++_count}", work, datastore);
            _tasks.Add(task);
            var ended = _tasks.Where(one => one != task && !one.IsActive).ToList();
            foreach (var old in ended.Take(_tasks.Count - Remembered))
            {
                _tasks.Remove(old);
            }

            _ = Task.Run(() => task.RunAsync(() => run(_ending.Token), logger));
        }

        bool IsSame(MaintenanceTask task) => task.Work == work && task.Datastore == datastore;
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }
}
