using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Grpc;

/// <summary>A script of Python beside stubs that protoc made from our own .proto files; it talks to the test in lines of JSON.</summary>
internal sealed class PythonPeer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _stubs;
    private readonly Process _process;

    private PythonPeer(TemporaryDirectory stubs, Process process)
    {
        _stubs = stubs;
        _process = process;
    }

    public static async Task<PythonPeer> StartAsync(string script, params string[] arguments)
    {
        var stubs = new TemporaryDirectory();
        string protos = Path.Combine(ThisFolder(), "..", "..", "shared", "Protos");
        await Command.RunAsync(
            "protoc", "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", $"--proto_path={protos}",
            $"--python_out={stubs.Path}", $"--grpc_python_out={stubs.Path}", "endpoint_feed.proto", "health.proto");
        var start = new ProcessStartInfo("/usr/bin/python3", ["-u", Path.Combine(ThisFolder(), script), .. arguments])
        {
            RedirectStandardOutput = true,
            Environment = { ["PYTHONPATH"] = stubs.Path },
        };
        return new PythonPeer(stubs, Process.Start(start)!);
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
        _stubs.Dispose();
    }

    private static string ThisFolder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
