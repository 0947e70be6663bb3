using System.Collections.Frozen;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Ingestion;

/// <summary>Recognizes what a text is: by its name where that tells, by its lines otherwise.</summary>
internal static class DocumentKindRecognizer
{
    /// <summary>Lines that are looked at; enough for any header and a stretch of content.</summary>
    private const int SampleLines = 500;

    private static readonly FrozenDictionary<string, DocumentKind> s_byExtension = Table(
        (DocumentKind.Markdown, ".md .markdown .mdx .mkd .rst .adoc .asciidoc .asc .qmd .rmd"),
        (DocumentKind.Transcript, ".vtt .srt"),
        (DocumentKind.Prose, ".tex .org .textile .wiki"),
        (
            DocumentKind.Data,
            ".json .jsonl .ndjson .json5 .jsonc .csv .tsv .psv .xml .yaml .yml .toml .ini .cfg .conf .properties .plist"
                + " .resx .xlf .xliff .po .pot .geojson .ipynb .editorconfig .csproj .fsproj .vbproj .vcxproj .props"
                + " .targets .nuspec .config .sln .slnx .xsd .wsdl .xaml .axaml .env .lock .ruleset .manifest"
        ),
        (
            DocumentKind.Code,
            ".c .h .cc .cpp .cxx .hpp .hh .hxx .inl .ipp .tpp .cu .cuh .m .mm .cs .csx .java .kt .kts .scala .sc .groovy"
                + " .gradle .go .rs .swift .dart .js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte .astro .py .pyi .pyx"
                + " .pxd .rb .rake .erb .php .pl .pm .t .lua .r .jl .hs .lhs .elm .ml .mli .fs .fsi .fsx .vb .bas .pas"
                + " .pp .f .f90 .f95 .for .ada .adb .ads .erl .hrl .ex .exs .clj .cljs .cljc .edn .lisp .el .scm .rkt"
                + " .sh .bash .zsh .fish .ps1 .psm1 .psd1 .bat .cmd .sql .proto .thrift .graphql .gql .tf .hcl .nix .zig"
                + " .nim .cr .d .v .sv .vhd .vhdl .asm .s .css .scss .sass .less .styl .html .htm .xhtml .jsp .cshtml"
                + " .razor .hbs .ejs .pug .twig .sol .move .cairo .wat .glsl .hlsl .vert .frag .wgsl .metal .cmake .mk"
                + " .bazel .bzl .star .awk .tcl .coffee .ftl .vim .applescript .cbl .cob .abap .apex .hx .gd .tact .odin"
        )
    );

    private static readonly FrozenSet<string> s_codeNames =
        "Makefile makefile GNUmakefile Dockerfile Containerfile Jenkinsfile Rakefile Gemfile Podfile Fastfile Vagrantfile Brewfile CMakeLists.txt BUILD WORKSPACE Justfile justfile Procfile meson.build configure.ac"
            .Split(' ')
            .ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_dataNames =
        ".gitignore .gitattributes .dockerignore .editorconfig requirements.txt go.mod CODEOWNERS .gitmodules robots.txt"
            .Split(' ')
            .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The kind of a text.</summary>
    /// <param name="path">The document's path or name.</param>
    /// <param name="text">The document's content.</param>
    public static DocumentKind Recognize(string path, string text)
    {
        var name = Path.GetFileName(path);
        if (s_codeNames.Contains(name) || name.StartsWith("Dockerfile.", StringComparison.Ordinal))
        {
            return DocumentKind.Code;
        }

        if (s_dataNames.Contains(name))
        {
            return DocumentKind.Data;
        }

        var isKnown = s_byExtension.TryGetValue(Path.GetExtension(name), out var kind);
        if (isKnown && kind is not (DocumentKind.Markdown or DocumentKind.Prose))
        {
            return kind;
        }

        var sample = LineIndex.Of(text, SampleLines);
        if (TranscriptLines.IsTranscript(sample))
        {
            return DocumentKind.Transcript;
        }

        return isKnown ? kind : RecognizeContent(text, sample);
    }

    private static DocumentKind RecognizeContent(string text, LineIndex lines)
    {
        if (text.StartsWith("#!", StringComparison.Ordinal))
        {
            return DocumentKind.Code;
        }

        if (text.StartsWith("WEBVTT", StringComparison.Ordinal))
        {
            return DocumentKind.Transcript;
        }

        var start = text.AsSpan().TrimStart();
        if (
            start.StartsWith("<?xml")
            || start is ['{', ..] && start[1..].TrimStart() is ['"' or '}', ..]
            || start is ['[', ..] && start[1..].TrimStart() is ['{' or '[' or ']', ..] && start.TrimEnd() is [.., ']']
        )
        {
            return DocumentKind.Data;
        }

        int headings = 0,
            fences = 0,
            code = 0,
            filled = 0;
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].TrimEnd();
            if (line.IsEmpty)
            {
                continue;
            }

            filled++;
            headings += MarkdownLines.IsHeading(line) ? 1 : 0;
            fences += line.StartsWith("```") ? 1 : 0;
            code += line[^1] is ';' or '{' or '}' ? 1 : 0;
        }

        return filled switch
        {
            > 2 when code * 3 > filled => DocumentKind.Code,
            _ when headings > 1 && headings * 50 > filled || (fences > 1 && headings > 0) => DocumentKind.Markdown,
            _ => DocumentKind.Prose,
        };
    }

    private static FrozenDictionary<string, DocumentKind> Table(params (DocumentKind Kind, string Extensions)[] rows) =>
        rows.SelectMany(row => row.Extensions.Split(' ').Select(extension => (extension, row.Kind)))
            .ToFrozenDictionary(pair => pair.extension, pair => pair.Kind, StringComparer.OrdinalIgnoreCase);
}
