using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Grpc;

/// <summary>
/// A script in another language, with its own gRPC and our .proto files; it talks to the test in lines of JSON.
/// </summary>
internal sealed class ForeignPeer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory? _stubs;
    private readonly Process _process;

    private ForeignPeer(Process process, TemporaryDirectory? stubs = null)
    {
        _process = process;
        _stubs = stubs;
    }

    /// <summary>Where package.json, its lock and the installed packages are.</summary>
    public static string NodeFolder => Path.Combine(ThisFolder(), "node");

    // Ours, and beside this file the one of gRPC's health check, which the packages bring for .NET only.
    private static string Protos => Repository.File("shared/Feed");

    /// <summary>A client on Node, whose gRPC reads .proto files by itself.</summary>
    public static ForeignPeer StartNode(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(NodeFolder, script), .. arguments, Protos, ThisFolder()]) { RedirectStandardOutput = true };
        return new ForeignPeer(Process.Start(start)!);
    }

    /// <summary>A script of Python, beside stubs that protoc made.</summary>
    public static async Task<ForeignPeer> StartPythonAsync(string script, params string[] arguments)
    {
        var stubs = new TemporaryDirectory();
        await Command.OutputAsync(
            "protoc", "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", $"--proto_path={Protos}", $"--proto_path={ThisFolder()}",
            $"--python_out={stubs.Path}", $"--grpc_python_out={stubs.Path}", "endpoint_feed.proto", "health.proto");
        var start = new ProcessStartInfo("/usr/bin/python3", ["-u", Path.Combine(ThisFolder(), script), .. arguments])
        {
            RedirectStandardOutput = true,
            Environment = { ["PYTHONPATH"] = stubs.Path },
        };
        return new ForeignPeer(Process.Start(start)!, stubs);
    }

    /// <summary>The next line that the script printed.</summary>
    public async Task<JsonElement> ReadAsync()
    {
        using var expiry = new CancellationTokenSource(Limit);
        string line = await _process.StandardOutput.ReadLineAsync(expiry.Token)
            ?? throw new InvalidOperationException("the script has ended; its error is in the test's output");
        return JsonDocument.Parse(line).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
        _stubs?.Dispose();
    }

    private static string ThisFolder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
