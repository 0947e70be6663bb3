using System.Text.Json.Nodes;
using McpLongContext.EndToEnd.Infrastructure;

namespace McpLongContext.EndToEnd;

/// <summary>Models are installed, listed and removed by the command line, across processes that die.</summary>
public sealed class ModelsCommandTests
{
    private const string Model = "hf:" + LoopbackHub.Repository;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_installation_is_invisible_and_the_next_one_resumes_it()
    {
        await using var hub = new LoopbackHub { SilentAfter = 2_000_000 };
        var weights = LargeEncoder.AddTo(hub, size: 4_000_000);
        using var home = ServerHome.WithoutEncoder();
        using (var killed = home.Start(["models", "install", Model], ("HF_ENDPOINT", hub.Address)))
        {
            while (!await PartIsHereAsync(home))
            {
                Assert.False(killed.HasExited);
            }

            killed.Kill();
            await killed.WaitForExitAsync(Cancellation);
        }

        Assert.DoesNotContain("tiny-encoder", (await home.RunAsync("models", "list")).Expect(0).Output);
        hub.SilentAfter = int.MaxValue;
        hub.Requests.Clear();
        using var resumed = home.Start(["models", "install", Model, "--json"], ("HF_ENDPOINT", hub.Address));
        var output = await resumed.StandardOutput.ReadToEndAsync(Cancellation);
        await resumed.WaitForExitAsync(Cancellation);

        Assert.Equal(0, resumed.ExitCode);
        Assert.Equal("bert", JsonNode.Parse(output)!["report"]!["family"]!.GetValue<string>());
        var folder = JsonNode.Parse(output)!["folder"]!.GetValue<string>();
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), Cancellation));
        var request = Assert.Single(hub.Requests, request => request.Asks("/store/"));
        Assert.StartsWith("bytes=", request.Range);
        Assert.Contains("org--tiny-encoder", (await home.RunAsync("models", "list")).Expect(0).Output);
        (await home.RunAsync("models", "remove", "org--tiny-encoder")).Expect(0);
        Assert.DoesNotContain("tiny-encoder", (await home.RunAsync("models")).Expect(0).Output);
    }

    [Fact]
    public async Task Without_a_name_the_default_encoder_is_installed()
    {
        using var home = await ServerHome.CreateAsync();

        var run = await home.RunAsync("models", "install");

        Assert.StartsWith("all-minilm-l6-v2\tinstalled\t", run.Expect(0).Output);
    }

    private static async Task<bool> PartIsHereAsync(ServerHome home)
    {
        await Task.Delay(50, Cancellation);
        var models = Path.Combine(home.Folder, "models");
        return Directory.Exists(models)
            && Directory
                .EnumerateFiles(models, "model.safetensors.partial", SearchOption.AllDirectories)
                .Any(part => new FileInfo(part).Length >= 1_000_000);
    }
}
