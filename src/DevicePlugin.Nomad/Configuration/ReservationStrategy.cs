namespace DevicePlugin.Nomad.Configuration;

/// <summary>How a task is handed its devices; <c>reserve.strategies</c> may combine some of them.</summary>
public enum ReservationStrategy
{
    /// <summary><c>envvar</c>: <c>NVIDIA_VISIBLE_DEVICES</c> names the devices.</summary>
    EnvironmentVariable,

    /// <summary><c>volume-mounts</c>: a mount of <c>/dev/null</c> names each device.</summary>
    VolumeMounts,

    /// <summary><c>device-nodes</c>: the device nodes themselves, without NVIDIA's container toolkit.</summary>
    DeviceNodes,

    /// <summary><c>cdi</c>: names of the Container Device Interface, whose spec file the plugin keeps.</summary>
    Cdi,

    /// <summary><c>cdi-mounts</c>: as volume-mounts, with names of that spec.</summary>
    CdiMounts,

    /// <summary><c>cdi-envvar</c>: <c>NVIDIA_VISIBLE_DEVICES</c> has names of that spec.</summary>
    CdiEnvironmentVariable,
}
