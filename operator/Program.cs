using SshGateway.Hosting;
using SshGateway.Operator.Hosting;
using SshGateway.Operator.Listing;

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
    await using WebApplication app = OperatorHost.Build(args);
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (StartupFailure.IsExplained(exception))
{
    await Console.Error.WriteLineAsync(StartupFailure.Explain(exception));
    return 1;
}
