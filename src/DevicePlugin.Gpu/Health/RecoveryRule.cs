namespace DevicePlugin.Gpu.Health;

/// <summary>What takes a cause of bad health away. Each rule asks for a probe that passed besides.</summary>
internal enum RecoveryRule
{
    /// <summary>The reading that showed it is good again.</summary>
    ReadingIsGood,

    /// <summary>The GPU answers, and the driver asks for no recovery, was loaded anew or the machine booted since.</summary>
    AnswersAgain,

    /// <summary>
    /// The driver asks for no recovery and no remap is left to do, or it was loaded anew or the machine booted since.
    /// </summary>
    Reset,

    /// <summary>The driver was loaded anew or the machine booted since.</summary>
    Restart,

    /// <summary>The driver asks for no recovery, and no link is down.</summary>
    NotNeeded,
}
