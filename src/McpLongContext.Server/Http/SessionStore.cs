using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace McpLongContext.Server.Http;

/// <summary>The sessions of browsers: a random name each, of which only a hash is kept, and never the token.</summary>
internal sealed class SessionStore(TimeProvider time)
{
    private const int MostSessions = 1000;
    private const int NameBytes = 32;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(8);

    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    /// <summary>Begins a session.</summary>
    /// <param name="user">Who signed in.</param>
    /// <param name="end">The end of the token; <see langword="null"/> for none.</param>
    /// <returns>The name of the session, which the browser keeps.</returns>
    public string Begin(ClaimsPrincipal user, DateTimeOffset? end)
    {
        var now = time.GetUtcNow();
        foreach (var (hash, session) in _sessions)
        {
            if (session.End <= now)
            {
                _sessions.TryRemove(hash, out _);
            }
        }

        if (_sessions.Count >= MostSessions)
        {
            _sessions.TryRemove(_sessions.MinBy(session => session.Value.End).Key, out _);
        }

        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes));
        var latest = now + s_lifetime;
        _sessions[HashOf(name)] = new Session(user, end is { } earlier && earlier < latest ? earlier : latest);
        return name;
    }

    /// <summary>The user of a session; none of one that has ended.</summary>
    public ClaimsPrincipal? Find(string name) =>
        _sessions.TryGetValue(HashOf(name), out var session) && session.End > time.GetUtcNow() ? session.User : null;

    /// <summary>Ends a session.</summary>
    public void End(string name) => _sessions.TryRemove(HashOf(name), out _);

    private static string HashOf(string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private sealed record Session(ClaimsPrincipal User, DateTimeOffset End);
}
