"""A CronJob, printed for the owner to complete: which image and which volumes is theirs to know."""

from __future__ import annotations

from datetime import timedelta

from reconciler.errors import UsageError
from reconciler.timer.task import NAME


_HOUR, _DAY = 60, 24 * 60


def cron_job(every: timedelta) -> str:
    """Return the manifest of a CronJob.

    Raises:
        UsageError: no cron expression has that interval.
    """
    return f"""# Complete the lines that end in a remark. The gateway has to be reachable on the loopback of the pod: where it
# runs in a pod of its own, put a container with `tactician reconcile --every {every // timedelta(minutes=1)}m` beside it instead.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {NAME}
spec:
  schedule: "{schedule(every)}"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: {NAME}
              image: openclaw-tactician:latest # an image of yours that has tactician in it
              args: [tactician, reconcile, --once, --policy, /policies]
              env:
                - {{name: OPENCLAW_STATE_DIR, value: /openclaw}}
                - {{name: TACTICIAN_STATE_DIR, value: /state}}
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: {{drop: [ALL]}}
                runAsNonRoot: true
              volumeMounts:
                - {{name: openclaw, mountPath: /openclaw}}
                - {{name: state, mountPath: /state}}
                - {{name: policies, mountPath: /policies, readOnly: true}}
          volumes:
            - {{name: openclaw, persistentVolumeClaim: {{claimName: openclaw}}}} # that of the gateway
            - {{name: state, persistentVolumeClaim: {{claimName: {NAME}-state}}}} # the ledger, kept between runs
            - {{name: policies, configMap: {{name: {NAME}-policies}}}} # your policy files
"""


def schedule(every: timedelta) -> str:
    """Return the cron expression of an interval.

    Raises:
        UsageError: there is none: it has to divide an hour or a day.
    """
    minutes = every // timedelta(minutes=1)
    if minutes < _HOUR and _HOUR % minutes == 0:
        return f"*/{minutes} * * * *"
    if minutes % _HOUR == 0 and _DAY % minutes == 0:
        hours = minutes // _HOUR
        return "0 * * * *" if hours == 1 else "0 0 * * *" if minutes == _DAY else f"0 */{hours} * * *"
    raise UsageError(
        f"no cron schedule comes every {minutes} minutes", hint="take --every 5m, 15m, 30m, 60m, 6h or 1d"
    )
