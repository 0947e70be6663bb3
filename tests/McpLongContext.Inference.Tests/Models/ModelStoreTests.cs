using McpLongContext.Inference.Models;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

public sealed class ModelStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_is_copied_under_its_name_listed_and_removed()
    {
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "my-encoder");

        var installed = await temporary.Store.InstallAsync(source, cancellation: Cancellation);
        Directory.Delete(source, recursive: true);

        Assert.Equal(Path.Combine(temporary.Folder, "my-encoder"), temporary.Store.Find("my-encoder"));
        Assert.Equal(["config.json", "model.safetensors"], installed.Entry.Files.Select(file => file.Name));
        Assert.Equal(Sample.Bytes(5000), await ReadAsync(installed, "model.safetensors"));
        Assert.Equal("my-encoder", Assert.Single(temporary.Store.List()).Name);
        await temporary.Store.RemoveAsync("my-encoder", Cancellation);
        Assert.Null(temporary.Store.Find("my-encoder"));
        Assert.Empty(temporary.Store.List());
        Assert.Empty(temporary.VisibleFolders());
    }

    [Fact]
    public async Task A_folder_in_the_format_of_llama2_c_is_its_weights_and_its_tokenizer()
    {
        using var temporary = new TemporaryStore();
        var source = Directory.CreateDirectory(temporary.PathOf("stories")).FullName;
        File.WriteAllBytes(Path.Combine(source, "stories.bin"), Sample.Bytes(5000));
        File.WriteAllBytes(Path.Combine(source, "tokenizer.bin"), Sample.Bytes(500));

        var installed = await temporary.Store.InstallAsync(source, cancellation: Cancellation);

        Assert.Equal(["tokenizer.bin", "stories.bin"], installed.Entry.Files.Select(file => file.Name));
    }

    [Fact]
    public async Task A_tokenizer_of_llama2_c_goes_with_weights_of_another_format()
    {
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "tuned-stories");
        File.WriteAllBytes(Path.Combine(source, "tokenizer.bin"), Sample.Bytes(500));

        var installed = await temporary.Store.InstallAsync(source, cancellation: Cancellation);

        Assert.Equal(
            ["config.json", "tokenizer.bin", "model.safetensors"],
            installed.Entry.Files.Select(file => file.Name)
        );
    }

    [Fact]
    public async Task Links_in_a_folder_are_followed_as_in_the_hub_clients_cache()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "linked");
        File.Move(Path.Combine(source, "model.safetensors"), temporary.PathOf("blob"));
        File.CreateSymbolicLink(Path.Combine(source, "model.safetensors"), temporary.PathOf("blob"));

        var installed = await temporary.Store.InstallAsync(source, cancellation: Cancellation);

        Assert.Equal(Sample.Bytes(5000), await ReadAsync(installed, "model.safetensors"));
        Assert.Null(new FileInfo(Path.Combine(installed.Folder, "model.safetensors")).LinkTarget);
    }

    [Fact]
    public async Task A_folder_installed_again_replaces_the_model()
    {
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "my-encoder");
        await temporary.Store.InstallAsync(source, cancellation: Cancellation);
        File.WriteAllBytes(Path.Combine(source, "model.safetensors"), Sample.Bytes(7000, seed: 2));

        var installed = await temporary.Store.InstallAsync(source, cancellation: Cancellation);

        Assert.Equal(Sample.Bytes(7000, seed: 2), await ReadAsync(installed, "model.safetensors"));
        Assert.Single(temporary.Store.List());
    }

    [Fact]
    public async Task A_folder_without_weights_is_refused()
    {
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "empty");
        File.Delete(Path.Combine(source, "model.safetensors"));

        Assert.Contains("no weights", await FailAsync(temporary, source));
        Assert.Empty(temporary.VisibleFolders());
    }

    [Fact]
    public async Task A_folder_with_a_name_for_no_model_is_refused()
    {
        using var temporary = new TemporaryStore();

        Assert.Contains("Rename it", await FailAsync(temporary, Folder(temporary, "my model")));
    }

    [Fact]
    public async Task An_unknown_name_lists_the_known_ones()
    {
        using var temporary = new TemporaryStore();

        var error = await FailAsync(temporary, "all-minilm");

        Assert.Contains("'all-minilm'", error);
        Assert.Contains("all-minilm-l6-v2", error);
        Assert.Contains("hf:ORG/REPO", error);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("../models")]
    [InlineData(".staging")]
    [InlineData("")]
    public async Task What_is_not_installed_is_not_found_and_not_removed(string name)
    {
        using var temporary = new TemporaryStore();
        await temporary.Store.InstallAsync(Folder(temporary, "one"), cancellation: Cancellation);

        var error = await Assert.ThrowsAsync<ModelException>(() => temporary.Store.RemoveAsync(name, Cancellation));

        Assert.Null(temporary.Store.Find(name));
        Assert.Contains($"'{name}' is not installed. Installed: one.", error.Message);
    }

    [Fact]
    public async Task A_model_with_a_cut_file_is_not_found_and_is_installed_again()
    {
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "one");
        var installed = await temporary.Store.InstallAsync(source, cancellation: Cancellation);
        await using (var file = File.OpenWrite(Path.Combine(installed.Folder, "model.safetensors")))
        {
            file.SetLength(100);
        }

        Assert.Null(temporary.Store.Find("one"));
        Assert.Empty(temporary.Store.List());
        installed = await temporary.Store.InstallAsync(source, cancellation: Cancellation);
        Assert.Equal(Sample.Bytes(5000), await ReadAsync(installed, "model.safetensors"));
    }

    [Fact]
    public async Task What_a_dead_process_left_is_removed_and_what_a_living_one_does_is_left_alone()
    {
        using var temporary = new TemporaryStore();
        var staging = Path.Combine(temporary.Folder, ".staging");
        foreach (var name in (string[])["dead", "living"])
        {
            Directory.CreateDirectory(Path.Combine(staging, name, "0123456789abcdef"));
            File.WriteAllBytes(Path.Combine(staging, name, "0123456789abcdef", "part"), Sample.Bytes(100));
        }

        using var held = InstallLock.TryAcquire(Path.Combine(staging, "living.lock"));
        await temporary.Store.InstallAsync(Folder(temporary, "one"), cancellation: Cancellation);

        Assert.NotNull(held);
        Assert.EndsWith(Path.Combine("living", "0123456789abcdef", "part"), Assert.Single(temporary.StagedFiles()));
    }

    [Fact]
    public async Task An_installation_waits_for_the_one_that_is_under_way()
    {
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "one");
        Directory.CreateDirectory(Path.Combine(temporary.Folder, ".staging"));
        var held = InstallLock.TryAcquire(Path.Combine(temporary.Folder, ".staging", "one.lock"));
        var waiting = new TaskCompletionSource();
        var progress = new WaitObserver(waiting);

        var installation = temporary.Store.InstallAsync(source, progress, Cancellation);
        await waiting.Task.WaitAsync(Cancellation);

        Assert.False(installation.IsCompleted);
        held!.Dispose();
        Assert.Equal("one", (await installation).Name);
    }

    [Fact]
    public async Task A_cataloged_model_from_a_folder_counts_as_installed_without_a_network()
    {
        using var temporary = new TemporaryStore();
        var source = Folder(temporary, "tiny");
        var weights = Sample.Bytes(5000);
        var entry = new ModelEntry(
            "tiny",
            "npm:@test/nowhere@1.0.0",
            [new ModelFile("model.safetensors", weights.Length) { Sha256 = Sample.Sha256(weights) }]
        )
        {
            Purpose = ModelEntry.Encoder,
            Default = true,
        };
        temporary.With(options => options with { Npm = "npm-that-does-not-exist", Catalog = temporary.Catalog(entry) });
        Assert.Contains("cannot be started", await FailAsync(temporary, "tiny"));

        await temporary.Store.InstallAsync(source, cancellation: Cancellation);

        Assert.Equal(temporary.Store.Find("tiny"), await temporary.Store.EnsureDefaultEncoderAsync(null, Cancellation));
        Assert.Equal("tiny", (await temporary.Store.InstallAsync("tiny", cancellation: Cancellation)).Name);
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_is_told()
    {
        using var temporary = new TemporaryStore();
        File.WriteAllText(temporary.PathOf("file"), "");
        temporary.With(options => options with { Folder = Path.Combine(temporary.PathOf("file"), "models") });

        Assert.Contains("one was not installed in", await FailAsync(temporary, Folder(temporary, "one")));
    }

    [Fact]
    public void A_model_that_cannot_fit_is_refused_before_the_first_byte()
    {
        using var temporary = new TemporaryStore();

        var error = Assert.Throws<ModelException>(() => DiskSpace.Require(long.MaxValue / 2, temporary.PathOf("")));

        Assert.Contains("MB are needed and", error.Message);
    }

    [Theory]
    [InlineData("{\"models\": [")]
    [InlineData("{\"models\": [{\"name\": \"x\"}]}")]
    [InlineData("{\"models\": null}")]
    public void A_malformed_catalog_is_named(string content)
    {
        using var temporary = new TemporaryStore();
        File.WriteAllText(temporary.PathOf("models.json"), content);

        var error = Assert.Throws<ModelException>(() => ModelCatalog.Load(temporary.PathOf("models.json")));

        Assert.Contains(temporary.PathOf("models.json"), error.Message);
    }

    [Fact]
    public void The_home_folder_is_the_configured_one_or_in_the_local_application_data()
    {
        Assert.Equal(Path.GetFullPath("some/where"), LongContextHome.Resolve("some/where"));
        Assert.Equal("McpLongContext", Path.GetFileName(LongContextHome.Resolve("")));
        Assert.True(Path.IsPathFullyQualified(LongContextHome.Resolve(null)));
    }

    private static string Folder(TemporaryStore temporary, string name)
    {
        var folder = Directory.CreateDirectory(temporary.PathOf(name)).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "not needed");
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), Sample.Bytes(5000));
        return folder;
    }

    private static Task<byte[]> ReadAsync(InstalledModel installed, string file) =>
        File.ReadAllBytesAsync(Path.Combine(installed.Folder, file), Cancellation);

    private static async Task<string> FailAsync(TemporaryStore temporary, string model) =>
        (
            await Assert.ThrowsAsync<ModelException>(() =>
                temporary.Store.InstallAsync(model, cancellation: Cancellation)
            )
        ).Message;

    private sealed class WaitObserver(TaskCompletionSource waiting) : IProgress<ModelProgress>
    {
        public void Report(ModelProgress value)
        {
            if (value.Phase == ModelPhase.Waiting)
            {
                waiting.TrySetResult();
            }
        }
    }
}
