using McpLongContext.Context.Contracts;
using McpLongContext.Context.Freshness;

namespace McpLongContext.Context.Tests.Freshness;

/// <summary>Changes of watched sources are in the index though nobody asks.</summary>
public sealed class WatchTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _sandbox = Directory.CreateTempSubdirectory("watch-");
    private LongContextService _service = null!;

    private string Source => Path.Combine(_sandbox.FullName, "source");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Source);
        Write("notes.txt", "The keeper wrote everything down.\n");
        Write("docs/guide.txt", "The harbour opens at dawn.\n");
        _service = Open();
        var report = await IngestAsync(watch: true);
        Assert.True(report.Watched);
        _service.Get<FreshnessKeeper>().Watch("default");
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _sandbox.Delete(recursive: true);
    }

    [Fact]
    public async Task New_changed_renamed_and_deleted_files_are_followed()
    {
        Write("new/storm.txt", "The albatross returned.\n");
        await UntilAsync("docs/guide.txt", "new/storm.txt", "notes.txt");

        Write("notes.txt", "Nothing.\n");
        await UntilAsync(document => document is { Path: "notes.txt", Bytes: 9 });

        Directory.Move(Path.Combine(Source, "docs"), Path.Combine(Source, "papers"));
        await UntilAsync("new/storm.txt", "notes.txt", "papers/guide.txt");

        File.Delete(Path.Combine(Source, "notes.txt"));
        await UntilAsync("new/storm.txt", "papers/guide.txt");
    }

    [Fact]
    public async Task A_file_that_an_editor_puts_in_its_place_is_followed()
    {
        Write(".notes.txt.swp", "Nothing.\n");
        File.Move(Path.Combine(Source, ".notes.txt.swp"), Path.Combine(Source, "notes.txt"), overwrite: true);

        await UntilAsync(document => document is { Path: "notes.txt", Bytes: 9 });
    }

    [Fact]
    public async Task A_root_that_vanished_is_followed_when_it_returns()
    {
        Directory.Move(Source, Source + "-away");
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        Assert.Equal(["docs/guide.txt", "notes.txt"], Stored());

        Directory.Move(Source + "-away", Source);
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        Write("new.txt", "The albatross returned.\n");

        await UntilAsync("docs/guide.txt", "new.txt", "notes.txt");
    }

    [Fact]
    public async Task Another_process_takes_over_when_the_first_ends()
    {
        await using var other = Open();
        other.Get<FreshnessKeeper>().Watch("default");

        await _service.DisposeAsync();
        _service = Open();
        Write("new.txt", "The albatross returned.\n");

        await UntilAsync("docs/guide.txt", "new.txt", "notes.txt");
    }

    [Fact]
    public async Task Watching_ends_on_request()
    {
        var report = await IngestAsync(watch: false);
        Assert.False(report.Watched);
        await _service.DisposeAsync();
        _service = Open();

        _service.Get<FreshnessKeeper>().Watch("default");
        Write("new.txt", "The albatross returned.\n");
        await Task.Delay(1500, TestContext.Current.CancellationToken);

        Assert.Equal(["docs/guide.txt", "notes.txt"], Stored());
    }

    private LongContextService Open() => TestService.Create(_sandbox.FullName, Source, encodes: false);

    private Task<IngestReport> IngestAsync(bool watch) =>
        _service.IngestAsync(
            new IngestRequest
            {
                Paths = [Source],
                Watch = watch,
                Wait = null,
            },
            null,
            TestContext.Current.CancellationToken
        );

    private string[] Stored() => [.. _service.ShowDatastore("default").Documents.Select(document => document.Path)];

    private Task UntilAsync(params string[] stored) => UntilAsync(() => Stored().SequenceEqual(stored));

    private Task UntilAsync(Predicate<DocumentSummary> isStored) =>
        UntilAsync(() => _service.ShowDatastore("default").Documents.Any(document => isStored(document)));

    private static async Task UntilAsync(Func<bool> isReached)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!isReached())
        {
            await Task.Delay(50, patience.Token);
        }
    }

    private void Write(string relative, string content)
    {
        var path = Path.Combine(Source, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
