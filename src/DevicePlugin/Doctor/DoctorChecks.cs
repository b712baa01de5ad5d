using DevicePlugin.Doctor.Checks;

namespace DevicePlugin.Doctor;

/// <summary>Every check, from how Nomad finds the plugin to what a task gets.</summary>
internal static class DoctorChecks
{
    public static readonly IReadOnlyList<Check> All =
    [
        new ExecutableCheck(),
        new PluginDirCheck(),
        new PluginBlockCheck(),
        new ConfigCheck(),
        new RoundTripCheck(),
        new ClockCheck(),
        new LibraryCheck(),
        new SymbolsCheck(),
        new DriverCheck(),
        new PciGpusCheck(),
        new GpusCheck(),
        new GpuWarningsCheck(),
        new HealthPolicyCheck(),
        new DeviceNodesCheck(),
        new PersistenceModeCheck(),
        new MigCapabilitiesCheck(),
        new DevCharLinksCheck(),
        new NumaCheck(),
        new ContainerRuntimeCheck(),
        new DefaultRuntimeCheck(),
        new UserNamespaceCheck(),
        new DriverCapabilitiesCheck(),
        new ContainerToolkitCheck(),
        new CdiSpecsCheck(),
        new SharingCheck(),
        new MpsToolsCheck(),
        new ProgramsCheck(),
        new CgroupCheck(),
        new TaskLibrariesCheck(),
        new KernelLogCheck(),
        new StateDirCheck(),
        new MaintenanceCheck(),
        new OnChangeCheck(),
        new MetricsAddressCheck(),
        new NvidiaSmiCheck(),
    ];

    /// <summary>That of nvidia-smi is left out unless somebody asked for the comparison.</summary>
    public static DoctorReport Run(Examination node) => new(
        [.. All.Where(check => node.Comparison is not null || check is not NvidiaSmiCheck).Select(check => check.Run(node))])
    {
        Comparison = node.Comparison,
    };
}
