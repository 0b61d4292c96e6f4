namespace AdmissionWebhook.Policy.State;

/// <summary>
/// How much work one decision may take. Objects are bounded and rules are linear, but a tenant chooses how many other objects exist, so every look at one of
/// them is a step. Rules that never deny have separate steps, so that they cannot use up those of the rules that deny. Not thread-safe: a decision has one thread.
/// </summary>
/// <param name="steps">How many other objects, and entries in them, rules may visit.</param>
/// <param name="isOver">Whether the deadline has passed; called every <see cref="StepsBetweenLooks"/> steps. Null without a deadline.</param>
public sealed class Budget(int steps, Func<bool>? isOver = null)
{
    /// <summary>Enough for a host that 10,000 Ingresses share. Takes about 50 ms of processor time.</summary>
    public const int UsualSteps = 500_000;

    private const int StepsBetweenLooks = 256;

    private int _left = steps, _leftForAdvice = steps / 4, _untilLook = StepsBetweenLooks;
    private bool _isForAdvice;

    /// <summary>Whether evaluation must stop.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Selects the steps for the next rule: those of rules that never deny, or of rules that may deny.</summary>
    internal void TurnTo(bool advice) => _isForAdvice = advice;

    /// <summary>Takes steps.</summary>
    /// <exception cref="BudgetSpentException">No steps are left, or the deadline has passed.</exception>
    internal void Spend(int count = 1)
    {
        ref var left = ref _isForAdvice ? ref _leftForAdvice : ref _left;
        if (!IsSpent && count <= left)
        {
            left -= count;
            if ((_untilLook -= count) > 0)
                return;

            _untilLook = StepsBetweenLooks;
            if (isOver?.Invoke() is not true)
                return;
            IsSpent = true;
        }

        IsSpent |= !_isForAdvice;
        throw new BudgetSpentException();
    }
}

/// <summary>A decision took all the work that it may; see <see cref="Budget"/>.</summary>
internal sealed class BudgetSpentException() : Exception("the request needs more work than one decision may take");
