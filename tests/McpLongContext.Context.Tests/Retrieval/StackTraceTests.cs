using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Retrieval;

namespace McpLongContext.Context.Tests.Retrieval;

/// <summary>A stack trace as a question: the lines of the calls next to the failure come first.</summary>
public sealed class StackTraceTests
{
    private const string Python = """
        Traceback (most recent call last):
          File "/srv/app/web/outer.py", line 3, in serve
            return handle(request)
          File "/srv/app/web/middle.py", line 3, in handle
            return parse(request)
          File "/srv/app/core/inner.py", line 3, in parse
            return int(request)
        ValueError: invalid literal for int()
        """;

    private const string Java = """
        java.lang.IllegalStateException: cannot serve
            at org.web.Outer.serve(Outer.java:3)
            at java.base/java.lang.Thread.run(Thread.java:1583)
        Caused by: java.lang.NumberFormatException: For input string: "12,5"
            at org.core.Inner.parse(Inner.java:3)
            at org.web.Middle.handle(Middle.java:3)
            ... 2 more
        """;

    private const string Net = """
        Unhandled exception. System.FormatException: The input string '12,5' was not in a correct format.
           at System.Number.ThrowFormatException(ReadOnlySpan`1 value)
           at Shop.Core.Inner.Parse(String text) in C:\work\core\Inner.cs:line 3
           at Shop.Web.Middle.<HandleAsync>d__3.MoveNext() in C:\work\web\Middle.cs:line 3
           at Shop.Web.Outer.Serve() in C:\work\web\Outer.cs:line 3
        """;

    private const string NetRelease = """
        System.FormatException: The input string '12,5' was not in a correct format.
           at Shop.Core.Inner.Parse(String text)
           at Shop.Web.Middle.<HandleAsync>d__3.MoveNext()
           at Shop.Web.Outer.Serve()
        """;

    private const string Node = """
        TypeError: Cannot read properties of undefined (reading 'amount')
            at parse (file:///srv/app/core/inner.js:3:10)
            at async Middle.handle (/srv/app/web/middle.js:3:5)
            at /srv/app/web/outer.js:3:1
            at node:internal/process/task_queues:95:5
        """;

    private const string Go = """
        panic: runtime error: index out of range [3] with length 3

        goroutine 1 [running]:
        example.org/app/core.Parse(...)
        	/srv/app/core/inner.go:3 +0x1d
        example.org/app/web.Handle(0xc000012345)
        	/srv/app/web/middle.go:3 +0x2a
        main.main()
        	/srv/app/web/outer.go:3 +0x65
        """;

    private const string Rust = """
        thread 'main' panicked at core/inner.rs:3:10:
        called `Result::unwrap()` on an `Err` value: ParseFloatError
        stack backtrace:
           0: rust_begin_unwind
                     at /rustc/9fc6b4312/library/std/src/panicking.rs:665:5
           1: app::web::handle
                     at ./web/middle.rs:3:5
           2: app::main
                     at ./web/outer.rs:3:1
        """;

    private const string Ruby = """
        core/inner.rb:3:in `parse': undefined method `amount' for nil (NoMethodError)
        	from web/middle.rb:3:in `handle'
        	from web/outer.rb:3:in `<main>'
        """;

    private const string Php = """
        PHP Fatal error:  Uncaught TypeError: parse(): Argument #1 must be string in /srv/app/core/inner.php:3
        Stack trace:
        #0 /srv/app/web/middle.php(3): parse()
        #1 /srv/app/web/outer.php(3): handle()
        #2 {main}
        """;

    public static TheoryData<string, string> Traces =>
        new()
        {
            { Python, "py" },
            { Java, "java" },
            { Net, "cs" },
            { NetRelease, "cs" },
            { Node, "js" },
            { Go, "go" },
            { Rust, "rs" },
            { Ruby, "rb" },
            { Php, "php" },
        };

    private readonly SnapshotSearch _retriever = new(
        new DocumentPaths(SampleDatastore.WorkingDirectory),
        TimeProvider.System
    );

    [Theory]
    [MemberData(nameof(Traces))]
    public void The_lines_next_to_the_failure_are_first(string trace, string extension)
    {
        using var sample = Program(extension);

        var found = Ask(sample, trace);

        Assert.Equal([PathOf("core", "inner"), PathOf("web", "middle"), PathOf("web", "outer")], found.Take(3));

        string PathOf(string folder, string name) => $"{folder}/{Named(name, extension)}:3-3";
    }

    [Fact]
    public void A_trace_in_one_line_of_text_is_read_too()
    {
        using var sample = Program("py");

        Assert.Equal("core/inner.py:3-3", Ask(sample, Python.Replace("\n", "\\n"))[0]);
        Assert.Equal("core/inner.py:3-3", Ask(sample, Python.Replace("\n", " "))[0]);
    }

    [Fact]
    public void A_long_trace_is_read_for_the_end_that_matters()
    {
        using var sample = Program("py");
        var calls = string.Concat(
            Enumerable
                .Range(0, 200)
                .Select(i => $"  File \"/usr/lib/python3/site-packages/pump/step{i}.py\", line 9, in go\n")
        );
        var trace = Python.Replace("  File \"/srv/app/web/outer.py\"", calls + "  File \"/srv/app/web/outer.py\"");

        Assert.InRange(trace.Length, QueryAnalyzer.MaxLength, int.MaxValue);
        Assert.Equal("core/inner.py:3-3", Ask(sample, trace)[0]);
        Assert.Contains("ValueError", QueryAnalyzer.Analyze(trace).Text);
    }

    [Fact]
    public void The_cause_that_python_tells_first_is_the_first()
    {
        var frames = StackTrace.FramesOf(
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 1\n\nDuring handling of the above "
                + "exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b.py\", line 2, in g\n"
        );

        Assert.Equal(["a.py", "b.py"], frames.Select(frame => frame.Path));
    }

    [Fact]
    public void A_file_of_a_library_is_not_taken_for_one_of_the_same_name()
    {
        using var sample = Program("py");

        var found = Ask(
            sample,
            "  File \"/usr/lib/python3/site-packages/other/inner.py\", line 3, in x\n  File \"web/middle.py\", line 3, in y\n"
        );

        Assert.Equal("web/middle.py:3-3", found[0]);
    }

    [Fact]
    public void A_place_in_a_sentence_is_first()
    {
        using var sample = Program("go");

        Assert.Equal("web/middle.go:3-3", Ask(sample, "what happens in web/middle.go:3 with a request?")[0]);
    }

    /// <summary>Three files of a program, each with the same words around its third line, and others.</summary>
    private static SampleDatastore Program(string extension) =>
        new(
            (Named("web/outer", extension), "Code", "one\ntwo\nreturn Serve(request) serve\nfour"),
            (Named("web/middle", extension), "Code", "one\ntwo\nreturn HandleAsync(request) handle\nfour"),
            (Named("core/inner", extension), "Code", "one\ntwo\nreturn Parse(request) parse\nfour"),
            (
                Named("other/deep/inner", extension),
                "Code",
                "one\ntwo\nrequest request\nvalue error, invalid string input"
            ),
            ("docs/errors.md", "Prose", "invalid literal, input string, index out of range, cannot read properties")
        );

    /// <summary>Java and C# name files with a capital.</summary>
    private static string Named(string path, string extension)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var capital = extension is "java" or "cs" ? char.ToUpperInvariant(name[0]) + name[1..] : name;
        return $"{path[..^name.Length]}{capital}.{extension}";
    }

    private List<string> Ask(SampleDatastore sample, string question)
    {
        using var snapshot = sample.Datastore.Snapshot();
        var result = _retriever.Query(
            snapshot,
            new QueryRequest { Question = question },
            encoder: null,
            TestContext.Current.CancellationToken
        );
        return [.. result.Ranked.Select(evidence => evidence.Citation)];
    }
}
