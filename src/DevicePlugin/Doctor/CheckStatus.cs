namespace DevicePlugin.Doctor;

/// <summary>In the order of their weight.</summary>
internal enum CheckStatus
{
    Pass,

    /// <summary>It works, but not as well as it could, or only under conditions.</summary>
    Warn,

    /// <summary>Something will not work until it is mended.</summary>
    Fail,
}
