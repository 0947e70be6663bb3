using Microsoft.Extensions.Logging;

namespace McpLongContext.Dashboard.Datastores;

/// <summary>The maintenance tasks of this process: the running ones and the latest that ended.</summary>
internal sealed class MaintenanceTasks(ILogger<MaintenanceTasks> logger)
{
    private const int Remembered = 8;

    private readonly Lock _gate = new();
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
    /// <param name="title">The work and the datastore.</param>
    /// <param name="work">Returns the outcome, in words.</param>
    public void Start(string title, Func<Task<string>> work)
    {
        lock (_gate)
        {
            if (_tasks.Exists(task => task.Title == title && task.IsActive))
            {
                return;
            }

            _tasks.RemoveAll(task => task.Title == title);
            var task = new MaintenanceTask($"task-{++_count}", title);
            _tasks.Add(task);
            var ended = _tasks.Where(one => one != task && !one.IsActive).ToList();
            foreach (var old in ended.Take(_tasks.Count - Remembered))
            {
                _tasks.Remove(old);
            }

            _ = Task.Run(() => task.RunAsync(work, logger));
        }
    }
}
