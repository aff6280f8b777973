using SshGateway.Hosting;
using SshGateway.Proxy.Hosting;

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
