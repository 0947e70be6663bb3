using McpLongContext.Context.Contracts;
using McpLongContext.Context.Ingestion.Splitting;

namespace McpLongContext.Context.Tests.Ingestion.Splitting;

/// <summary>Where names are defined, in each language as its programs write it.</summary>
public sealed class SymbolScannerTests
{
    [Theory]
    [InlineData(
        "a.py",
        "LIMIT = 3\nclass Pool(Base):\n    def rent(\n        self,\n    ):\n        idle = 1",
        "Value LIMIT, Type Pool, Function Pool.rent"
    )]
    [InlineData(
        "a.js",
        "const LIMIT = 3\nfunction open(a) {\n}\napp.use = function use(fn) {\n}\nclass Pool {\n  rent(n) {\n    if (n) {\n    }\n  }\n}",
        "Value LIMIT, Function open, Function app.use, Type Pool, Function Pool.rent"
    )]
    [InlineData(
        "a.ts",
        "import { x } from './x'\nexport interface Lease {\n}\nexport type Id = string\nexport const open = async (a: Id) => {\n}",
        "Type Lease, Type Id, Function open"
    )]
    [InlineData(
        "a.go",
        "type Pool struct {\n}\n\nfunc (p *Pool) Rent(n int) error {\n\tidle := 1\n}\n\nconst Limit = 3",
        "Type Pool, Function Pool.Rent, Value Limit"
    )]
    [InlineData(
        "a.rs",
        "pub struct Pool<T> {\n}\nimpl<T> Lease for Pool<T> {\n    pub fn rent(&self) {\n    }\n}\npub(crate) const LIMIT: u8 = 3;",
        "Type Pool, Function Pool.rent, Value LIMIT"
    )]
    [InlineData(
        "a.java",
        "public class Pool<T> {\n    private int idle = 1;\n    public Pool(int n) {\n    }\n    public List<T> rent(int n) {\n        return take(n);\n    }\n}",
        "Type Pool, Property Pool.idle, Function Pool.Pool, Function Pool.rent"
    )]
    [InlineData(
        "a.cs",
        "namespace App;\n\npublic sealed class Pool\n{\n    public int Idle { get; }\n\n    public async Task<int> RentAsync(int n)\n    {\n        await Take(n);\n    }\n}",
        "Module App, Type Pool, Property Pool.Idle, Function Pool.RentAsync"
    )]
    [InlineData(
        "a.c",
        "#define LIMIT 3\nstruct pool {\n    int idle;\n};\nint pool_rent(struct pool *p);\nstatic int pool_rent(struct pool *p)\n{\n    take(p);\n    return 0;\n}",
        "Value LIMIT, Type pool, Prototype pool_rent, Function pool_rent"
    )]
    [InlineData(
        "a.cpp",
        "namespace app {\nclass Pool {\n public:\n  int rent(int n) {\n    return n;\n  }\n};\nint Pool::take(int n) {\n  return n;\n}\n}",
        "Module app, Type app.Pool, Function app.Pool.rent, Function app.Pool.take"
    )]
    [InlineData(
        "a.kt",
        "data class Pool(val size: Int) {\n    fun rent(n: Int): Int {\n        val idle = 1\n        return n\n    }\n}\nfun Pool.take(n: Int) = n",
        "Type Pool, Function Pool.rent, Function Pool.take"
    )]
    [InlineData(
        "a.swift",
        "public struct Pool {\n    let size: Int\n    func rent(_ n: Int) -> Int {\n        let idle = 1\n        return n\n    }\n}",
        "Type Pool, Property Pool.size, Function Pool.rent"
    )]
    [InlineData(
        "a.scala",
        "final case class Pool(size: Int) {\n  def rent(n: Int): Int = n\n}\nobject Pools {\n  implicit val one: Pool = Pool(1)\n}",
        "Type Pool, Function Pool.rent, Type Pools, Property Pools.one"
    )]
    [InlineData(
        "a.php",
        "<?php\nclass Pool\n{\n    const LIMIT = 3;\n\n    public function rent($n)\n    {\n    }\n}",
        "Type Pool, Property Pool.LIMIT, Function Pool.rent"
    )]
    [InlineData(
        "a.rb",
        "module App\n  class Pool\n    LIMIT = 3\n    def self.rent(n)\n      n\n    end\n  end\nend",
        "Module App, Type App.Pool, Property App.Pool.LIMIT, Function App.Pool.rent"
    )]
    [InlineData(
        "a.ex",
        "defmodule App.Pool do\n  def rent(n) do\n    n\n  end\nend",
        "Module App.Pool, Function Pool.rent"
    )]
    [InlineData(
        "a.hs",
        "data Pool = Pool { size :: Int }\n\nrent :: Int -> Pool\nrent n = Pool n",
        "Type Pool, Function rent"
    )]
    [InlineData(
        "a.lua",
        "local function open(a)\nend\nfunction Pool:rent(n)\n  local idle = 1\nend",
        "Function open, Function Pool.rent"
    )]
    [InlineData(
        "a.sh",
        "LIMIT=3\nrent() {\n  echo 1\n}\nfunction take {\n  echo 2\n}",
        "Value LIMIT, Function rent, Function take"
    )]
    [InlineData(
        "a.zig",
        "const std = @import(\"std\");\npub const Pool = struct {\n    pub fn rent(self: *Pool) void {\n        const idle = 1;\n    }\n};",
        "Type Pool, Function Pool.rent"
    )]
    public void Definitions_are_found_with_what_they_stand_in(string path, string code, string expected) =>
        Assert.Equal(expected, string.Join(", ", SymbolsOf(path, code)));

    [Fact]
    public void Comments_and_strings_define_nothing() =>
        Assert.Equal(
            ["Function real"],
            SymbolsOf(
                    "a.js",
                    "// function gone() {}\n/*\nfunction lost() {\n}\n*/\nconst s = `\nfunction text() {\n`\nfunction real() {\n}"
                )
                .Where(symbol => symbol.StartsWith('F'))
        );

    private static IEnumerable<string> SymbolsOf(string path, string code) =>
        PassageSplitter
            .Split(code, DocumentKind.Code, path)
            .SelectMany(passage => passage.Symbols)
            .Select(symbol =>
                $"{symbol.Kind} {(symbol.Container.Length == 0 ? "" : symbol.Container + ".")}{symbol.Name}"
            );
}
