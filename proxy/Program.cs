using SshGateway.Hosting;
using SshGateway.Proxy.Hosting;

const string Help = """
    Usage: sshgateway-proxy [--config=<file>] [--Proxy:<setting>=<value>]...
           sshgateway-proxy --version | --help

    Accepts SSH connections and forwards each one to its session's pod.
    Settings also come from appsettings.json beside the program and from environment
    variables (Proxy__<setting>).
    docs/configuration.md describes every setting.
    """;

if (ProgramInfo.Answer(typeof(Program).Assembly, args, Help) is { } answer)
{
    Console.WriteLine(answer);
    return 0;
}
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
