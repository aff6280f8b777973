using SshGateway.Hosting;
using SshGateway.Operator.Hosting;
using SshGateway.Operator.Listing;

const string Help = """
    Usage: sshgateway-operator [--config=<file>] [--Operator:<setting>=<value>]...
           sshgateway-operator sessions [-o wide] [--Operator:<setting>=<value>]...
           sshgateway-operator --check [--Operator:<setting>=<value>]...
           sshgateway-operator --version | --help

    Watches ClaudeSessions and pods and streams the routing table to the proxies.
    The command "sessions" prints the sessions and ends.
    Settings also come from appsettings.json beside the program and from environment
    variables (Operator__<setting>).
    docs/configuration.md describes every setting.
    --check reads the configuration and the files that it names, prints what would
    run, and exits: 0 if the operator can start, 1 if not.
    SIGHUP reloads key files, certificates and log levels.
    """;

if (ProgramInfo.Answer(typeof(Program).Assembly, args, Help) is { } answer)
{
    Console.WriteLine(answer);
    return 0;
}
if (ProgramCheck.TryTake(args, out string[] configuration))
{
    return ProgramCheck.Run(() => OperatorCheck.Read(configuration));
}
try
{
    if (args is [SessionsCommand.Name, .. string[] rest])
    {
        return await SessionsCommand.RunAsync(rest, Console.Out, Console.Error, CancellationToken.None);
    }
    // A word of configuration has an equals sign, or two dashes before it.
    if (args is [{ } word, ..] && !word.StartsWith('-') && !word.Contains('=', StringComparison.Ordinal))
    {
        throw new ConfigurationException([$"\"{word}\" is no command; there is {SessionsCommand.Name}, and none at all starts the operator"]);
    }
    return await GatewayProcess.RunAsync(() => OperatorHost.Build(args));
}
catch (Exception exception) when (StartupFailure.IsExplained(exception))
{
    await Console.Error.WriteLineAsync(StartupFailure.Explain(exception));
    return 1;
}
