using System.Collections.Frozen;

namespace McpLongContext.Context.Ingestion.Sources;

/// <summary>
/// The files that nobody means when naming a directory: dependencies, build output, files without text, and secrets.
/// Names that are also used for sources (<c>build</c>, <c>bin</c>, <c>target</c>, <c>vendor</c>) count only beside the
/// file that proves their meaning, and output only where Git tracks nothing in it. A <c>.longcontextignore</c> takes
/// everything back.
/// </summary>
internal static class DefaultExcludes
{
    /// <summary>Why what belongs to version control itself is left out.</summary>
    public const string VersionControl = "version control data";

    private const string Dependencies = "dependencies";
    private const string BuildOutput = "build output or a tool's cache";

    /// <summary>How what is left out is read all the same.</summary>
    public const string TakeBack = "; take it back by !name in " + IgnoreScope.OwnFileName;

    private static readonly FrozenDictionary<string, string> s_directories = Table(
        (VersionControl, ".git .hg .svn .bzr .jj _darcs CVS"),
        (
            Dependencies,
            "node_modules bower_components jspm_packages .pnpm-store site-packages .venv virtualenv .eggs elm-stuff"
        ),
        (
            BuildOutput,
            "__pycache__ .tox .nox .mypy_cache .pytest_cache .ruff_cache .hypothesis .ipynb_checkpoints .next .nuxt"
                + " .svelte-kit .output .parcel-cache .turbo .angular .nyc_output .cache .sass-cache .terraform"
                + " .serverless .vs .idea .zig-cache zig-cache zig-out dist-newstyle DerivedData TestResults"
                + " BenchmarkDotNet.Artifacts .bloop .metals .kotlin .DS_Store .bundle .gradle .m2 .stack-work .dart_tool"
        )
    );

    /// <summary>Directories that count only beside one of the files; a leading star stands for any beginning.</summary>
    private static readonly FrozenDictionary<string, (string Kind, string[] Beside)> s_directoriesBeside =
        new Dictionary<string, (string, string[])>(StringComparer.Ordinal)
        {
            ["bin"] = (BuildOutput, ["*.csproj", "*.fsproj", "*.vbproj", "*.vcxproj", "*.sqlproj"]),
            ["obj"] = (BuildOutput, ["*.csproj", "*.fsproj", "*.vbproj", "*.vcxproj", "*.sqlproj"]),
            ["target"] = (BuildOutput, ["Cargo.toml", "pom.xml", "build.sbt", "project.clj", "deps.edn"]),
            ["build"] = (
                BuildOutput,
                [
                    "package.json",
                    "build.gradle",
                    "build.gradle.kts",
                    "CMakeLists.txt",
                    "setup.py",
                    "pyproject.toml",
                    "meson.build",
                    "pubspec.yaml",
                    "foundry.toml",
                ]
            ),
            ["dist"] = (BuildOutput, ["package.json", "setup.py", "pyproject.toml", "*.cabal"]),
            ["out"] = (BuildOutput, ["package.json", "*.iml", "foundry.toml", "build.gradle"]),
            ["coverage"] = (BuildOutput, ["package.json"]),
            [".build"] = (BuildOutput, ["Package.swift"]),
            ["_build"] = (BuildOutput, ["mix.exs", "rebar.config", "dune-project", "conf.py", "Makefile"]),
            ["ebin"] = (BuildOutput, ["rebar.config"]),
            ["deps"] = (BuildOutput, ["mix.exs"]),
            ["vendor"] = (Dependencies, ["go.mod", "composer.json", "Gemfile", "Cargo.toml"]),
            ["Pods"] = (Dependencies, ["Podfile"]),
            ["Carthage"] = (Dependencies, ["Cartfile"]),
            ["packages"] = (BuildOutput, ["packages.config"]),
            ["registry"] = (Dependencies, [".package-cache", ".crates.toml"]),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_lockFiles = Words(
        "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock Cargo.lock"
            + " composer.lock Gemfile.lock Pipfile.lock poetry.lock uv.lock pdm.lock pixi.lock packages.lock.json"
            + " paket.lock go.sum go.work.sum mix.lock rebar.lock flake.lock Podfile.lock pubspec.lock gradle.lockfile"
            + " Package.resolved Cartfile.resolved conan.lock .terraform.lock.hcl MODULE.bazel.lock Manifest.toml"
            + " conda-lock.yml stack.yaml.lock cabal.project.freeze"
    );

    private static readonly string[] s_minified =
    [
        .. ".min.js .min.mjs .min.cjs .min.css .min.html .min.json -min.js -min.css .bundle.js .chunk.js .chunk.css".Split(
            ' '
        ),
    ];

    private static readonly string[] s_sourceMaps = [".js.map", ".mjs.map", ".cjs.map", ".css.map", ".ts.map"];

    private static readonly string[] s_generated =
    [
        .. (
            ".g.cs .g.i.cs .Designer.cs .designer.cs .Designer.vb .generated.cs .Generated.cs .pb.go .pb.gw.go .pb.cc"
            + " .pb.h .pb.swift .pb.dart .pbjson.dart _pb.js _pb.d.ts _pb2.py _pb2.pyi _pb2_grpc.py _pb.rb _generated.go"
            + " _generated.h _generated.rs .g.dart .freezed.dart .gr.dart .pbxproj ModelSnapshot.cs .g4.interp"
        ).Split(' '),
    ];

    /// <summary>
    /// Extensions that texts do not have; where some do (<c>.mo</c>, <c>.dat</c>), the content tells.
    /// </summary>
    private static readonly FrozenSet<string> s_binary = Words(
        // Images, sound, film, fonts.
        ".png .jpg .jpeg .gif .bmp .ico .icns .tif .tiff .webp .avif .heic .svg .psd .ai .eps .xcf .sketch .fig .mp3 .wav"
            + " .flac .ogg .m4a .aac .mp4 .m4v .avi .mov .mkv .webm .wmv .ttf .otf .woff .woff2 .eot"
            // Archives and packages.
            + " .zip .gz .tgz .bz2 .xz .zst .7z .rar .tar .jar .war .ear .nupkg .snupkg .whl .egg .gem .deb .rpm .apk"
            + " .dmg .iso .msi .cab .crx .vsix"
            // Programs and objects.
            + " .exe .dll .so .dylib .a .o .class .pyc .pyo .pyd .wasm .elf .rlib .ilk .idb"
            // Data, models, documents that need a reader of their own.
            + " .db .sqlite .sqlite3 .mdb .parquet .arrow .feather .npy .npz .pkl .pickle .h5 .hdf5 .onnx .pt .pth"
            + " .safetensors .gguf .ggml .tflite .doc .xls .ppt .ods .odp .mobi"
            + " .blend .fbx .glb .dwg .snk .nib .swp"
    );

    private static readonly FrozenSet<string> s_secretExtensions = Words(
        ".pem .key .pfx .p12 .pkcs12 .jks .keystore .ppk .kdbx .kdb .gpg .pgp .p8 .tfstate .agekey .ovpn"
    );

    private static readonly FrozenSet<string> s_secretNames = Words(
        "id_rsa id_dsa id_ecdsa id_ed25519 id_ecdsa_sk id_ed25519_sk .netrc _netrc .pgpass .my.cnf .git-credentials"
            + " .npmrc .yarnrc.yml .pypirc .dockercfg .dockerconfigjson .htpasswd .htdigest credentials credentials.json credentials.xml"
            + " credentials.yml credentials.yaml credentials.toml credentials.csv credentials.db secrets.json secrets.yml"
            + " secrets.yaml secrets.toml secrets.xml secret.json secret.yml secret.yaml client_secret.json service-account.json"
            + " service_account.json serviceAccountKey.json terraform.tfvars master.key .vault-token .boto .s3cfg .env .envrc"
            + " terraform.tfstate.backup token.json kubeconfig .vault_pass .bash_history .zsh_history .psql_history"
            + " .python_history .node_repl_history .mysql_history .rediscli_history"
    );

    /// <summary>
    /// Directories of nothing but secrets; packages of source code are called <c>credentials</c>, too.
    /// </summary>
    private static readonly FrozenSet<string> s_secretDirectories = Words(".ssh .aws .gnupg .kube .azure .env");

    /// <summary>Names of data files that hold secrets, up to the first dot: <c>secrets.prod.yaml</c>.</summary>
    private static readonly FrozenSet<string> s_secretStems = Words(
        "credential credentials secret secrets password passwords passwd htpasswd apikey apikeys api_keys api-keys"
            + " client_secret client-secret service-account service_account serviceaccount"
    );

    /// <summary>Data of any kind; what is code or prose about secrets is read.</summary>
    private static readonly FrozenSet<string> s_dataExtensions = Words(
        ".json .json5 .yml .yaml .toml .xml .ini .cfg .conf .config .properties .env .txt .csv .tsv .db .bak .old .backup"
    );

    private static readonly string[] s_privateKeys = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

    private static readonly string[] s_examples = [".example", ".sample", ".template", ".dist", ".defaults", ".schema"];

    /// <summary>Why an entry is left out by default; null when it is not.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="isDirectory">Whether it is a directory.</param>
    /// <param name="siblings">All names in its directory.</param>
    public static string? Judge(string name, bool isDirectory, IReadOnlySet<string> siblings) =>
        (isDirectory ? JudgeDirectory(name, siblings) : JudgeFile(name)) is { } kind ? kind + TakeBack : null;

    /// <summary>Why an entry's name says that it holds secrets; null when it does not.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="isDirectory">Whether it is a directory.</param>
    public static string? JudgeSecret(string name, bool isDirectory) =>
        (isDirectory ? s_secretDirectories.Contains(name) : IsSecretFile(name))
            ? "named like a secret (a key or credentials)" + TakeBack
            : null;

    /// <summary>
    /// Whether a directory that is left out as output may hold sources all the same: those that Git tracks, or the
    /// scripts of a build.
    /// </summary>
    /// <param name="name">The directory's name.</param>
    public static bool MayHoldSources(string name) =>
        s_directories.TryGetValue(name, out var kind)
            ? kind == BuildOutput
            : s_directoriesBeside.TryGetValue(name, out var rule) && rule.Kind == BuildOutput;

    private static bool IsSecretFile(string name) =>
        IsEnvironment(name)
        || IsSecretData(name)
        || s_secretNames.Contains(name)
        || s_secretExtensions.Contains(Path.GetExtension(name))
        || IsPrivateKey(name);

    /// <summary>
    /// <c>.env</c>, <c>.env.local</c>, <c>prod.env</c>, but not <c>.env.example</c> and <c>example.env</c>.
    /// </summary>
    private static bool IsEnvironment(string name) =>
        name.StartsWith(".env.", StringComparison.OrdinalIgnoreCase)
            ? !EndsWithAny(name, s_examples)
            : Path.GetExtension(name).Equals(".env", StringComparison.OrdinalIgnoreCase)
                && !Array.Exists(s_examples, kind => ('.' + name).StartsWith(kind, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// <c>id_rsa</c>, <c>id_rsa_work</c>, <c>id_rsa.bak</c>, but not <c>id_rsa.pub</c> and <c>id_rsa_parser.c</c>.
    /// </summary>
    private static bool IsPrivateKey(string name) =>
        Array.Exists(s_privateKeys, key => name.StartsWith(key, StringComparison.OrdinalIgnoreCase))
        && (Path.GetExtension(name) is "" || s_dataExtensions.Contains(Path.GetExtension(name)));

    private static bool IsSecretData(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || !s_dataExtensions.Contains(Path.GetExtension(name)))
        {
            return false;
        }

        return s_secretStems.Contains(name[..dot])
            || name.StartsWith("client_secret", StringComparison.OrdinalIgnoreCase)
            || name.Contains("-adminsdk", StringComparison.OrdinalIgnoreCase);
    }

    private static string? JudgeDirectory(string name, IReadOnlySet<string> siblings)
    {
        if (s_directories.TryGetValue(name, out var kind))
        {
            return kind;
        }

        if (
            name.EndsWith(".egg-info", StringComparison.Ordinal)
            || name.StartsWith("cmake-build-", StringComparison.Ordinal)
        )
        {
            return BuildOutput;
        }

        return s_directoriesBeside.TryGetValue(name, out var rule) && rule.Beside.Any(file => IsBeside(file, siblings))
            ? rule.Kind
            : null;
    }

    private static string? JudgeFile(string name)
    {
        if (s_lockFiles.Contains(name))
        {
            return "a lock file";
        }

        if (EndsWithAny(name, s_minified))
        {
            return "minified code";
        }

        if (EndsWithAny(name, s_sourceMaps))
        {
            return "a source map";
        }

        if (EndsWithAny(name, s_generated))
        {
            return "generated code";
        }

        return s_binary.Contains(Path.GetExtension(name)) ? "an image, archive, program or other binary format" : null;
    }

    private static bool IsBeside(string file, IReadOnlySet<string> siblings) =>
        file[0] == '*'
            ? siblings.Any(name => name.EndsWith(file[1..], StringComparison.OrdinalIgnoreCase))
            : siblings.Contains(file);

    private static bool EndsWithAny(string name, string[] endings) =>
        Array.Exists(endings, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static FrozenSet<string> Words(string words) =>
        words.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static FrozenDictionary<string, string> Table(params (string Kind, string Names)[] rows) =>
        rows.SelectMany(row => row.Names.Split(' ').Select(name => (name, row.Kind)))
            .ToFrozenDictionary(pair => pair.name, pair => pair.Kind, StringComparer.Ordinal);
}
