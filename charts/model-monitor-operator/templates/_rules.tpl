{{/* Generated from operator/model_monitor_operator/rbac.py by `make generate`. Do not edit. */}}

{{/* What the operator needs in the whole cluster. */}}
{{- define "model-monitor-operator.clusterRules" -}}
# give runs the rights of this one role without having them; no other role can be given
- apiGroups: ["rbac.authorization.k8s.io"]
  resources: ["clusterroles"]
  resourceNames: [{{ include "model-monitor-operator.runnerRoleName" . | quote }}]
  verbs: ["bind"]
{{- end }}

{{/* What the operator needs in each namespace that it watches. */}}
{{- define "model-monitor-operator.namespacedRules" -}}
# read what is asked for; its spec and metadata are never written
- apiGroups: ["modelmonitor.dev"]
  resources: ["baselines", "monitoringschedules"]
  verbs: ["get", "list", "watch"]
# say what has come of it
- apiGroups: ["modelmonitor.dev"]
  resources: ["baselines/status", "monitoringschedules/status", "monitoringexecutions/status"]
  verbs: ["patch"]
# record runs whose container could not start, and remove those beyond the history limits
- apiGroups: ["modelmonitor.dev"]
  resources: ["monitoringexecutions"]
  verbs: ["get", "list", "watch", "create", "delete"]
# one CronJob for each MonitoringSchedule with a schedule
- apiGroups: ["batch"]
  resources: ["cronjobs"]
  verbs: ["get", "list", "watch", "create", "patch", "delete"]
# Jobs of baselines and of runs by hand; see how runs end
- apiGroups: ["batch"]
  resources: ["jobs"]
  verbs: ["get", "list", "watch", "create", "delete"]
# tell why a run could not start or was ended: image pull, memory, eviction
- apiGroups: [""]
  resources: ["pods"]
  verbs: ["list", "watch"]
# tell why a Job has no pod (only its events say), and report changes of state
- apiGroups: [""]
  resources: ["events"]
  verbs: ["list", "create"]
# the runs' own identity; no other ServiceAccount can be touched
- apiGroups: [""]
  resources: ["serviceaccounts"]
  resourceNames: ["model-monitor-runner"]
  verbs: ["get", "create", "patch"]
# bind that identity to the runner's ClusterRole; no other binding can be touched
- apiGroups: ["rbac.authorization.k8s.io"]
  resources: ["rolebindings"]
  resourceNames: ["model-monitor-runner"]
  verbs: ["get", "create", "patch"]
{{- end }}

{{/* What a run may do in its own namespace. */}}
{{- define "model-monitor-operator.runnerRules" -}}
# record the run
- apiGroups: ["modelmonitor.dev"]
  resources: ["monitoringexecutions"]
  verbs: ["get", "create", "patch"]
# record what it found
- apiGroups: ["modelmonitor.dev"]
  resources: ["monitoringexecutions/status"]
  verbs: ["patch"]
{{- end }}

{{/* CEL: all URIs of the spec of any kind, as one list of strings. */}}
{{- define "model-monitor-operator.specURIs" -}}
[
  object.spec.?modelBias.analysisConfigURI.orValue(''),
  object.spec.?modelExplainability.shap.backgroundURI.orValue(''),
  object.spec.?modelExplainability.analysisConfigURI.orValue(''),
  object.spec.?dataset.uri.orValue(''),
  object.spec.?dataset.recordPreprocessor.uri.orValue(''),
  object.spec.?existing.statisticsURI.orValue(''),
  object.spec.?existing.constraintsURI.orValue(''),
  object.spec.?output.uri.orValue(''),
  object.spec.?input.endpoint.captureURI.orValue(''),
  object.spec.?input.batch.dataURI.orValue(''),
  object.spec.?input.batch.predictionsURI.orValue(''),
  object.spec.?input.recordPreprocessor.uri.orValue(''),
  object.spec.?groundTruth.uri.orValue(''),
  object.spec.?postAnalyticsProcessor.uri.orValue('')
].filter(u, u != '')
{{- end }}
