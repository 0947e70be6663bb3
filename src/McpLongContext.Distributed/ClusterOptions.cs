using System.Net;

namespace McpLongContext.Distributed;

/// <summary>How a silo takes part in a cluster. Validated once, never changed.</summary>
internal sealed record ClusterOptions
{
    /// <summary>The name of the silo, the same at every start: its data are found by it.</summary>
    public required string Name { get; init; }

    /// <summary>Shards of a new datastore.</summary>
    public int Shards { get; init; } = 4;

    /// <summary>How long a step of a question may take on a shard before another copy is asked.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a silo that is away is waited for before its shards get other copies, and how long copies stay where they
    /// are before they are moved.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How PostgreSQL is reached; <see langword="null"/>: all silos are on this machine.</summary>
    public string? Postgres { get; init; }

    /// <summary>The address at which other silos reach this one. Only they should: it asks for no token.</summary>
    public IPAddress SiloAddress { get; init; } = IPAddress.Loopback;

    /// <summary>The port on which silos talk to each other.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>The port for Orleans' own clients; 0 for none.</summary>
    public int GatewayPort { get; init; }

    /// <summary>The silo port of the first silo of this machine, where there is no PostgreSQL.</summary>
    public int? Primary { get; init; }
}
