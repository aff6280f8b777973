using SshGateway.Hosting;
using SshGateway.Proxy.Hosting;

const string Help = """
    Usage: sshgateway-proxy [--config=<file>] [--Proxy:<setting>=<value>]...
           sshgateway-proxy --version | --help

    Accepts SSH connections and forwards each one to its session's pod.
    Settings also come from appsettings.json beside the program and from environment
    variables (Proxy__<setting>).
    docs/configuration.md describes every setting.
    SIGHUP reloads key files, certificates and log levels.
    """;

if (ProgramInfo.Answer(typeof(Program).Assembly, args, Help) is { } answer)
{
    Console.WriteLine(answer);
    return 0;
}
return await GatewayProcess.RunAsync(() => ProxyHost.Build(args));
