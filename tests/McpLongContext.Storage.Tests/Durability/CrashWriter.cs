using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using McpLongContext.Storage.Tests.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Durability;

/// <summary>
/// The process that is killed: this test program itself, started with a variable in its environment. It stores one
/// document after the other in two trees, with its embeddings, removes every second one from the first tree, whose
/// passages the other tree has then, and prints the number of each when it is acknowledged.
/// </summary>
internal static class CrashWriter
{
    private const string HomeVariable = "STORAGE_TESTS_CRASH_HOME";
    private const string FirstVariable = "STORAGE_TESTS_CRASH_FIRST";

    public static string[] Trees { get; } = [Path.GetFullPath("/trees/one"), Path.GetFullPath("/trees/two")];

    public static string PathOf(int document, int tree) => Path.Join(Trees[tree], $"document-{document:D5}");

    public static bool IsInFirstTree(int document) => document % 2 == 0;

    public static string TextOf(int document) => string.Concat(PassagesOf(document));

    public static Process Start(string home, int first) =>
        Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!)
            {
                ArgumentList = { typeof(CrashWriter).Assembly.Location },
                RedirectStandardOutput = true,
                UseShellExecute = false,
                Environment = { [HomeVariable] = home, [FirstVariable] = first.ToString(CultureInfo.InvariantCulture) },
            }
        )!;

    /// <summary>Runs before the test program's own entry point.</summary>
    [ModuleInitializer]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(HomeVariable) is { } home)
        {
            Write(home, int.Parse(Environment.GetEnvironmentVariable(FirstVariable)!, CultureInfo.InvariantCulture));
        }
    }

    private static string[] PassagesOf(int document) =>
        Enumerable.Range(0, 20).Select(i => $"passage {i} of document {document}\n").ToArray();

    private static void Write(string home, int first)
    {
        using var datastore = new DatastoreHome(home).Open("crash");
        var profile = StateSamples.Profile();
        for (var i = first; ; i++)
        {
            var document = Document(PathOf(i, 0), PassagesOf(i));
            datastore.Apply(Put(document, document with { Path = PathOf(i, 1) }));
            StateSamples.Encode(datastore, profile, document.ContentKey, document.Passages.Count, 3, i);
            if (!IsInFirstTree(i))
            {
                datastore.Apply(Remove(PathOf(i, 0)));
            }

            Console.WriteLine(i);
        }
    }
}
