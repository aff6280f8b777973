using SshGateway.Hosting;
using SshGateway.Proxy.Hosting;

const string Help = """
    Usage: sshgateway-proxy [--config=<file>] [--Proxy:<setting>=<value>]...
           sshgateway-proxy --check [the same]
           sshgateway-proxy --version | --help

    Accepts SSH connections and forwards each one to its session's pod.
    Settings also come from appsettings.json beside the program and from environment
    variables (Proxy__<setting>).
    docs/configuration.md describes every setting.
    --check reads the configuration and the files that it names, prints what would
    run, and exits: 0 if the proxy can start, 1 if not.
    SIGHUP reloads key files, certificates and log levels.
    """;

if (ProgramInfo.Answer(typeof(Program).Assembly, args, Help) is { } answer)
{
    Console.WriteLine(answer);
    return 0;
}
if (ProgramCheck.TryTake(args, out string[] configuration))
{
    return ProgramCheck.Run(() => ProxyCheck.Read(configuration));
}
return await GatewayProcess.RunAsync(() => ProxyHost.Build(args));
