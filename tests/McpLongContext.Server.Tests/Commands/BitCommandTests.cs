using System.Text.Json;
using McpLongContext.Server.Commands;

namespace McpLongContext.Server.Tests.Commands;

/// <summary>The commands that use a bit model, with a random one.</summary>
public sealed class BitCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Scan_shows_offsets_and_a_hex_view()
    {
        await InstallAsync();
        var file = _folder.PathOf("text.txt");
        await File.WriteAllTextAsync(
            file,
            "Sixteen bytes...and some more of them.",
            TestContext.Current.CancellationToken
        );

        Assert.Equal(0, await RunAsync("scan", file, "--top", "1", "--model", "plain"));

        Assert.Matches(@"bits a byte by plain, 304 of 304 bits in \d+ windows of 96", _output.ToString());
        Assert.Matches(@"0x000000\w\w\t\d+\t\d+\.\d\n  \w{8}  (\w\w ){16} \|.{16}\|", _output.ToString());
        Assert.Contains("Complete.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_comes_back_from_compression_and_none_is_replaced_unasked()
    {
        await InstallAsync();
        var file = _folder.PathOf("data.bin");
        byte[] original = [.. Enumerable.Range(0, 700).Select(i => (byte)(i * i))];
        await File.WriteAllBytesAsync(file, original, TestContext.Current.CancellationToken);

        Assert.Equal(0, await RunAsync("compress", file, "--model", "plain", "--json"));
        Assert.Equal(700, JsonElement.Parse(_output.ToString()).GetProperty("original_bytes").GetInt32());
        Assert.Equal(CommandLine.Failed, await RunAsync("decompress", file + ".mlcb", "--model", "plain"));
        Assert.Contains(
            "exists; give another name, or --force to replace it.",
            _error.ToString(),
            StringComparison.Ordinal
        );
        File.Delete(file);
        Assert.Equal(0, await RunAsync("decompress", file + ".mlcb", "--model", "plain"));
        Assert.Equal(original, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_of_another_kind_is_not_decompressed()
    {
        var file = _folder.PathOf("data.bin");
        await File.WriteAllTextAsync(file, "text", TestContext.Current.CancellationToken);

        Assert.Equal(CommandLine.Failed, await RunAsync("decompress", file, "--out", file + ".out"));

        Assert.Contains("was not written by `mcp-long-context compress`", _error.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(file + ".out"));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!, "data.bin*"));
    }

    private async Task InstallAsync()
    {
        Assert.Equal(
            0,
            await RunAsync("models", "install", Path.Combine(AppContext.BaseDirectory, "bits", "plain.safetensors"))
        );
        _output.GetStringBuilder().Clear();
    }

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync([.. arguments, "--home", _folder.PathOf("home")], _output, _error);
}
