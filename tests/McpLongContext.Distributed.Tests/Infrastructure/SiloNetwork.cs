namespace McpLongContext.Distributed.Tests.Infrastructure;

/// <summary>A network namespace for each silo, at one bridge: what a partition does is real.</summary>
internal sealed class SiloNetwork : IAsyncDisposable
{
    private const string Bridge = "mcpsilos";
    private const string Prefix = "10.74.20.";

    private readonly string[] _silos;

    private SiloNetwork(string[] silos) => _silos = silos;

    /// <summary>The address of this machine at the bridge.</summary>
    public string Address => Prefix + "1";

    /// <summary>Makes the network; skips the test where this process may not.</summary>
    public static async Task<SiloNetwork> StartAsync(string[] silos)
    {
        var network = new SiloNetwork(silos);
        await network.DisposeAsync();
        var (code, output) = await Shell.TryRunAsync("ip", "link", "add", Bridge, "type", "bridge");
        Assert.SkipWhen(code != 0, $"There are no network namespaces: {output}");
        await Shell.RunAsync("ip", "addr", "add", network.Address + "/24", "dev", Bridge);
        await Shell.RunAsync("ip", "link", "set", Bridge, "up");
        foreach (var silo in silos)
        {
            string[] within = ["ip", "netns", "exec", SpaceOf(silo)];
            await Shell.RunAsync("ip", "netns", "add", SpaceOf(silo));
            await Shell.RunAsync([
                "ip",
                "link",
                "add",
                LinkOf(silo),
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                SpaceOf(silo),
            ]);
            await Shell.RunAsync("ip", "link", "set", LinkOf(silo), "master", Bridge, "up");
            await Shell.RunAsync([.. within, "ip", "addr", "add", network.AddressOf(silo) + "/24", "dev", "eth0"]);
            await Shell.RunAsync([.. within, "ip", "link", "set", "eth0", "up"]);
            await Shell.RunAsync([.. within, "ip", "link", "set", "lo", "up"]);
        }

        return network;
    }

    /// <summary>Starts a silo in its namespace.</summary>
    public Task<SiloProcess> StartAsync(string name, string home, string root, string[] options) =>
        SiloProcess.StartAsync(
            name,
            home,
            root,
            AddressOf(name),
            [.. options, "--silo-address", AddressOf(name)],
            within: ["ip", "netns", "exec", SpaceOf(name)]
        );

    /// <summary>Cuts a silo off from the others, the database and the clients.</summary>
    public Task CutAsync(string silo) => Shell.RunAsync("ip", "link", "set", LinkOf(silo), "down");

    /// <summary>Ends that.</summary>
    public Task JoinAsync(string silo) => Shell.RunAsync("ip", "link", "set", LinkOf(silo), "up");

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await Shell.TryRunAsync("ip", "netns", "del", SpaceOf(silo));
        }

        await Shell.TryRunAsync("ip", "link", "del", Bridge);
    }

    private static string SpaceOf(string silo) => $"mcp-silo-{silo}";

    private static string LinkOf(string silo) => $"mcpsilo{silo}";

    private string AddressOf(string silo) => $"{Prefix}{Array.IndexOf(_silos, silo) + 11}";
}
