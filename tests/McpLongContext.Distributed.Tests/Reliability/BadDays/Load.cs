using System.Collections.Concurrent;
using System.Diagnostics;
using McpLongContext.Distributed.Tests.Infrastructure;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpLongContext.Distributed.Tests.Reliability.BadDays;

/// <summary>Clients that ingest notes and ask for those that were acknowledged, of whichever silo answers.</summary>
/// <param name="datastore">The datastore.</param>
/// <param name="silos">The silos that run.</param>
internal sealed class Load(string datastore, Func<IReadOnlyDictionary<string, SiloProcess>> silos)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly ConcurrentQueue<int> _acknowledged = [];
    private readonly ConcurrentDictionary<SiloProcess, Task<McpClient>> _clients = [];
    private readonly ConcurrentQueue<string> _refusals = [];
    private long _ingestBegun;
    private long _askBegun;
    private int _next;
    private int _answered;

    /// <summary>The notes that were acknowledged.</summary>
    public IReadOnlyList<int> Acknowledged => [.. _acknowledged];

    /// <summary>The questions that were answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>What silos have refused, and why; the last ones.</summary>
    public IEnumerable<string> Refusals => _refusals;

    /// <summary>When the last document was acknowledged, and the last question answered, that began at a time.</summary>
    public (long Ingested, long Asked) LastBegun => (Volatile.Read(ref _ingestBegun), Volatile.Read(ref _askBegun));

    /// <summary>The name of a note.</summary>
    public static string NameOf(int note) => $"note-{note}.md";

    /// <summary>Ingests until it is told to end.</summary>
    public async Task IngestAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await IngestOneAsync();
        }
    }

    /// <summary>Ingests one note; whether it is acknowledged is for the silo to tell.</summary>
    public async Task IngestOneAsync()
    {
        var (begun, note) = (Stopwatch.GetTimestamp(), Interlocked.Increment(ref _next));
        var answer = await CallAsync(
            "ingest_document",
            new()
            {
                ["datastore"] = datastore,
                ["name"] = NameOf(note),
                ["text"] = $"# Note {note}\n\nThe animal of this note is {WordOf(note)}, and of no other.\n",
            }
        );
        if (answer is { IsError: not true } && answer.StructuredContent!.Value.GetProperty("added").GetInt32() == 1)
        {
            _acknowledged.Enqueue(note);
            Volatile.Write(ref _ingestBegun, begun);
        }
    }

    /// <summary>Asks for notes that were acknowledged until it is told to end.</summary>
    public async Task AskAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var known = Acknowledged;
            var begun = Stopwatch.GetTimestamp();
            if (known.Count == 0 || await AskAsync(known[Random.Shared.Next(known.Count)], isWhole: false))
            {
                Volatile.Write(ref _askBegun, begun);
            }

            await Task.Yield();
        }
    }

    /// <summary>Asks for notes of all times, when nothing disturbs: every one must be found.</summary>
    public async Task AskAllAsync()
    {
        const int Asked = 200;
        foreach (var note in Acknowledged.OrderBy(_ => Random.Shared.Next()).Take(Asked))
        {
            var tries = 0;
            while (!await AskAsync(note, isWhole: true))
            {
                Assert.True(++tries < 3, $"No silo answers: {string.Join('\n', _refusals)}");
            }
        }
    }

    /// <summary>Asks for a note. A wrong answer fails the test; none is that of a silo that is gone.</summary>
    private async Task<bool> AskAsync(int note, bool isWhole)
    {
        var answer = await CallAsync(
            "query_long_context",
            new() { ["datastore"] = datastore, ["question"] = WordOf(note) }
        );
        if (answer is null || (answer.IsError == true && !isWhole))
        {
            return false;
        }

        Assert.True(answer.IsError != true, Text(answer));
        var passages = answer.StructuredContent!.Value.GetProperty("passages").EnumerateArray();
        var cited = passages
            .Where(one => one.GetProperty("text").GetString()!.Contains(WordOf(note), StringComparison.Ordinal))
            .Select(one => one.GetProperty("citation").GetString()!)
            .ToList();
        if (cited.Count == 0 && !isWhole && Text(answer).Contains("missing from this result", StringComparison.Ordinal))
        {
            return false;
        }

        Assert.StartsWith(NameOf(note) + ":", Assert.Single(cited));
        Interlocked.Increment(ref _answered);
        return true;
    }

    private static string WordOf(int note) => $"llama{note}x";

    private static string Text(CallToolResult answer) =>
        string.Join('\n', answer.Content.OfType<TextContentBlock>().Select(one => one.Text));

    /// <summary>Calls a tool of any silo that runs; null where it does not answer.</summary>
    private async Task<CallToolResult?> CallAsync(string tool, Dictionary<string, object?> arguments)
    {
        var running = silos().Values.ToList();
        var silo = running[Random.Shared.Next(running.Count)];
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            var client = await _clients.GetOrAdd(silo, ConnectAsync).WaitAsync(patience.Token);
            var answer = await client.CallToolAsync(tool, arguments, cancellationToken: patience.Token);
            if (answer.IsError == true)
            {
                Note($"{tool}: {Text(answer)}");
            }

            return answer;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // It was killed, or is no longer reached.
            _clients.TryRemove(silo, out _);
            Note($"{tool}: {error.GetType().Name} {error.Message}");
            await Task.Delay(20);
            return null;
        }
    }

    private void Note(string refusal)
    {
        const int Kept = 20;
        _refusals.Enqueue(refusal);
        while (_refusals.Count > Kept)
        {
            _refusals.TryDequeue(out _);
        }
    }

    private static Task<McpClient> ConnectAsync(SiloProcess silo) =>
        McpClient.CreateAsync(
            new HttpClientTransport(
                new HttpClientTransportOptions
                {
                    Endpoint = silo.Url,
                    TransportMode = HttpTransportMode.StreamableHttp,
                    AdditionalHeaders = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["Authorization"] = $"Bearer {SiloProcess.Token}",
                    },
                }
            )
        );
}
