using McpLongContext.Inference.Models;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

public sealed class HubSourceTests
{
    private const string Model = "hf:" + LoopbackHub.Repository;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repository_is_installed_with_the_needed_files_pinned_and_verified()
    {
        await using var hub = new LoopbackHub();
        var weights = hub.AddEncoder();
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.Equal("org--tiny-encoder", installed.Name);
        Assert.Equal($"{Model}@{LoopbackHub.Commit}", installed.Entry.Source);
        Assert.Equal("apache-2.0", installed.Entry.License);
        Assert.Equal(
            ["config.json", "tokenizer.json", "1_Pooling/config.json", "model.safetensors"],
            installed.Entry.Files.Select(file => file.Name)
        );
        Assert.All(installed.Entry.Files, file => Assert.NotNull(file.Sha256));
        Assert.Equal(weights, await WeightsAsync(installed));
        Assert.Equal(
            ["1_Pooling/config.json", "config.json", "manifest.json", "model.safetensors", "tokenizer.json"],
            Directory
                .EnumerateFiles(installed.Folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(installed.Folder, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(installed.Folder, temporary.Store.Find(Model));
        Assert.Equal(installed.Folder, temporary.Store.Find("org--tiny-encoder"));
    }

    [Fact]
    public async Task An_installed_repository_is_not_asked_for_again()
    {
        await using var hub = new LoopbackHub();
        hub.AddEncoder();
        using var temporary = StoreOn(hub);
        await temporary.Store.InstallAsync(Model, cancellation: Cancellation);
        hub.Requests.Clear();

        await temporary.Store.InstallAsync(Model, cancellation: Cancellation);
        await temporary.Store.InstallAsync($"{Model}@{LoopbackHub.Commit}", cancellation: Cancellation);

        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task A_broken_connection_is_resumed_where_it_broke()
    {
        await using var hub = new LoopbackHub { CutAfter = 300_000, Cuts = 2 };
        var weights = hub.AddEncoder();
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.Equal(weights, await WeightsAsync(installed));
        var ranges = hub.Requests.Where(request => request.Asks("/store/")).Select(request => request.Range);
        Assert.Equal([null, "bytes=300000-", "bytes=600000-"], ranges);
    }

    [Fact]
    public async Task A_server_that_cannot_resume_is_read_again_from_the_start()
    {
        await using var hub = new LoopbackHub
        {
            CutAfter = 300_000,
            Cuts = 1,
            SupportsRanges = false,
        };
        var weights = hub.AddEncoder();
        using var temporary = StoreOn(hub);

        var installed = await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.Equal(weights, await WeightsAsync(installed));
    }

    [Fact]
    public async Task A_cancelled_installation_leaves_nothing_in_sight_and_the_next_one_resumes()
    {
        await using var hub = new LoopbackHub();
        var weights = hub.AddEncoder(4_000_000);
        using var temporary = StoreOn(hub);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var canceller = new Observer(step =>
        {
            if (step is { Phase: ModelPhase.Downloading, Done: > 1_000_000 })
            {
                cancelled.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            temporary.Store.InstallAsync(Model, canceller, cancelled.Token)
        );

        Assert.Empty(temporary.VisibleFolders());
        Assert.Null(temporary.Store.Find(Model));
        hub.Requests.Clear();
        var installed = await new ModelStore(temporary.Options).InstallAsync(Model, cancellation: Cancellation);
        Assert.Equal(weights, await WeightsAsync(installed));
        Assert.Empty(temporary.StagedFiles());
        var downloads = hub.Requests.Where(request => !request.Asks("/api/")).ToList();
        Assert.All(downloads, request => Assert.StartsWith("bytes=", request.Range));
    }

    [Theory]
    [InlineData("model.safetensors")] // verified by its SHA-256
    [InlineData("tokenizer.json")] // verified by its Git object id
    public async Task A_wrong_checksum_is_told_and_nothing_is_kept(string damaged)
    {
        await using var hub = new LoopbackHub { Damaged = damaged };
        hub.AddEncoder();
        using var temporary = StoreOn(hub);

        var error = await FailAsync(temporary, Model);

        Assert.Matches($"{damaged} has the .* [0-9a-f]+, expected [0-9a-f]+", error);
        Assert.Empty(temporary.VisibleFolders());
        Assert.Empty(temporary.StagedFiles());
        hub.Damaged = null;
        await temporary.Store.InstallAsync(Model, cancellation: Cancellation);
    }

    [Theory]
    [InlineData(401, "RepoNotFound", "does not exist or is private")]
    [InlineData(401, "GatedRepo", "is gated")]
    [InlineData(403, null, "is gated")]
    [InlineData(404, "RevisionNotFound", "has no revision 'main'")]
    [InlineData(404, null, "was not found")]
    public async Task A_refusal_says_what_to_do(int status, string? code, string expected)
    {
        await using var hub = new LoopbackHub { Refusal = (status, code) };
        using var temporary = StoreOn(hub);

        var error = await FailAsync(temporary, Model + "@main");

        Assert.Contains(Model, error);
        Assert.Contains(expected, error);
        Assert.Contains(status.ToString(), error);
    }

    [Fact]
    public async Task The_access_token_goes_to_the_hub_and_to_no_other_host()
    {
        await using var hub = new LoopbackHub();
        hub.AddEncoder();
        using var temporary = new TemporaryStore().With(options =>
            options with
            {
                HubEndpoint = hub.Address,
                HubToken = "hf_secret",
            }
        );

        await temporary.Store.InstallAsync(Model, cancellation: Cancellation);

        Assert.All(
            hub.Requests,
            request => Assert.Equal(request.Host == "localhost" ? null : "Bearer hf_secret", request.Authorization)
        );
        Assert.Contains(hub.Requests, request => request.Host == "localhost");
    }

    [Fact]
    public async Task Without_a_network_the_error_names_the_hub_and_the_remedies()
    {
        using var temporary = new TemporaryStore().With(options => options with { HubEndpoint = "http://127.0.0.1:9" });

        var error = await FailAsync(temporary, Model);

        Assert.Contains("http://127.0.0.1:9 cannot be reached", error);
        Assert.Contains("HF_ENDPOINT", error);
        Assert.Contains("local folder", error);
    }

    [Fact]
    public async Task A_hub_that_falls_silent_is_given_up()
    {
        await using var hub = new LoopbackHub { SilentAfter = 0 };
        hub.AddEncoder();
        using var temporary = new TemporaryStore().With(options =>
            options with
            {
                HubEndpoint = hub.Address,
                StallTimeout = TimeSpan.FromMilliseconds(300),
            }
        );

        Assert.Contains("no answer within", await FailAsync(temporary, Model));
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("ftp://127.0.0.1")]
    public async Task A_hub_address_that_is_none_is_named(string endpoint)
    {
        using var temporary = new TemporaryStore().With(options => options with { HubEndpoint = endpoint });

        Assert.Contains($"HF_ENDPOINT is '{endpoint}'", await FailAsync(temporary, Model));
    }

    [Fact]
    public async Task Of_several_weights_the_user_names_one()
    {
        await using var hub = new LoopbackHub();
        hub.Add("config.json", "{}"u8.ToArray());
        hub.Add("tiny.one.gguf", Sample.Bytes(20_000, 1));
        var chosen = hub.Add("tiny.two.gguf", Sample.Bytes(20_000, 2));
        using var temporary = StoreOn(hub);

        var error = await FailAsync(temporary, Model);
        var installed = await temporary.Store.InstallAsync($"{Model}/tiny.two.gguf", cancellation: Cancellation);

        Assert.Contains($"{Model}/tiny.one.gguf", error);
        Assert.Contains("tiny.two.gguf", error);
        Assert.Equal("org--tiny-encoder--tiny.two", installed.Name);
        Assert.Equal(["config.json", "tiny.two.gguf"], installed.Entry.Files.Select(file => file.Name));
        Assert.Equal(
            chosen,
            await File.ReadAllBytesAsync(Path.Combine(installed.Folder, "tiny.two.gguf"), Cancellation)
        );
    }

    [Fact]
    public async Task A_listing_cannot_lead_outside_the_folder()
    {
        await using var hub = new LoopbackHub();
        hub.Add("../../escaped.safetensors", Sample.Bytes(100));
        hub.Add("..\\escaped.gguf", Sample.Bytes(100));
        using var temporary = StoreOn(hub);

        Assert.Contains("no weights that can be read", await FailAsync(temporary, Model));
    }

    [Theory]
    [InlineData("hf:org")]
    [InlineData("hf:org/repo/../../x.gguf")]
    [InlineData("hf:../repo")]
    [InlineData("hf:org/repo@")]
    [InlineData("hf:org/repo/readme.md")]
    public async Task A_malformed_reference_is_explained(string reference)
    {
        using var temporary = new TemporaryStore();

        var error = await FailAsync(temporary, reference);

        Assert.Contains($"'{reference}'", error);
        Assert.Contains("hf:ORG/REPO@REVISION", error);
    }

    [Fact]
    public async Task Of_two_installations_at_once_one_downloads_and_both_succeed()
    {
        await using var hub = new LoopbackHub();
        hub.AddEncoder();
        using var temporary = StoreOn(hub);
        var other = new ModelStore(temporary.Options);

        var both = await Task.WhenAll(
            temporary.Store.InstallAsync(Model, cancellation: Cancellation),
            other.InstallAsync(Model, cancellation: Cancellation)
        );

        Assert.Equal(both[0].Folder, both[1].Folder);
        Assert.Single(hub.Requests, request => request.Asks("/store/"));
    }

    [Fact]
    public async Task A_cataloged_repository_is_fetched_at_its_commit_and_held_to_its_checksums()
    {
        await using var hub = new LoopbackHub();
        var weights = hub.AddEncoder();
        using var temporary = new TemporaryStore();
        var file = new ModelFile("model.safetensors", weights.Length) { Sha256 = Sample.Sha256(weights) };
        var entry = new ModelEntry("tiny", $"{Model}@{LoopbackHub.Commit}", [file]) { Purpose = ModelEntry.Encoder };
        var store = new ModelStore(
            temporary.Options with
            {
                HubEndpoint = hub.Address,
                Catalog = temporary.Catalog(entry),
            }
        );

        var installed = await store.InstallAsync("tiny", cancellation: Cancellation);

        Assert.Equal(weights, await WeightsAsync(installed));
        Assert.Equal(installed.Folder, store.Find("TINY"));
        Assert.DoesNotContain(hub.Requests, request => request.Asks("/api/"));
    }

    [Fact]
    public async Task A_full_disk_is_named_and_nothing_is_installed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is a device of Linux.");
        await using var hub = new LoopbackHub();
        hub.AddEncoder();
        using var temporary = StoreOn(hub);
        var staging = Path.Combine(
            temporary.Folder,
            ".staging",
            "org--tiny-encoder",
            Checksum.OfText($"{Model}@{LoopbackHub.Commit}")[..16]
        );
        Directory.CreateDirectory(staging);
        File.CreateSymbolicLink(Path.Combine(staging, "model.safetensors.partial"), "/dev/full");

        var error = await FailAsync(temporary, Model);

        Assert.Contains("is full", error);
        Assert.Contains("MCP_LONG_CONTEXT_HOME", error);
        Assert.Empty(temporary.VisibleFolders());
    }

    private static TemporaryStore StoreOn(LoopbackHub hub) =>
        new TemporaryStore().With(options => options with { HubEndpoint = hub.Address, HubToken = null });

    private static async Task<string> FailAsync(TemporaryStore temporary, string model) =>
        (
            await Assert.ThrowsAsync<ModelException>(() =>
                temporary.Store.InstallAsync(model, cancellation: Cancellation)
            )
        ).Message;

    private static Task<byte[]> WeightsAsync(InstalledModel installed) =>
        File.ReadAllBytesAsync(Path.Combine(installed.Folder, "model.safetensors"), Cancellation);

    private sealed class Observer(Action<ModelProgress> onReport) : IProgress<ModelProgress>
    {
        public void Report(ModelProgress value) => onReport(value);
    }
}
