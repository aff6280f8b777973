using SshGateway.Proxy.Hosting;
using SshGateway.Shared.Hosting;

// The socket engine then runs our continuations on its own threads instead of handing each to the thread pool, which is what a relay
// spends most of its time on otherwise. .NET has no other switch for it, and reads it at the first use of a socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

try
{
    await using WebApplication app = ProxyHost.Build(args);
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (StartupFailure.IsExplained(exception))
{
    await Console.Error.WriteLineAsync(StartupFailure.Explain(exception));
    return 1;
}
