using DevicePlugin.Commands;
using DevicePlugin.GoPlugin;
using DevicePlugin.Serving;

// Nomad starts the process three times and waits for each: what the command line needs is not touched when serving.
return PluginHost.WasLaunchedByHost(NomadHandshake.Cookie)
    ? await ServeCommand.RunAsync(args)
    : await CommandLine.RunAsync(args);
