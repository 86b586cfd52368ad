"""The types that are read from `.skops` files: what a pipeline that can be taken over is made of, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

_SKLEARN = """
calibration.CalibratedClassifierCV calibration._CalibratedClassifier calibration._SigmoidCalibration
compose._column_transformer.ColumnTransformer decomposition._truncated_svd.TruncatedSVD
discriminant_analysis.LinearDiscriminantAnalysis feature_extraction.text.CountVectorizer
feature_extraction.text.HashingVectorizer feature_extraction.text.TfidfTransformer
feature_extraction.text.TfidfVectorizer feature_selection._from_model.SelectFromModel
feature_selection._rfe.RFE feature_selection._univariate_selection.GenericUnivariateSelect
feature_selection._univariate_selection.SelectFdr feature_selection._univariate_selection.SelectFpr
feature_selection._univariate_selection.SelectFwe feature_selection._univariate_selection.SelectKBest
feature_selection._univariate_selection.SelectPercentile feature_selection._variance_threshold.VarianceThreshold
frozen._frozen.FrozenEstimator linear_model._logistic.LogisticRegression linear_model._logistic.LogisticRegressionCV
linear_model._passive_aggressive.PassiveAggressiveClassifier linear_model._perceptron.Perceptron
linear_model._ridge.RidgeClassifier linear_model._ridge.RidgeClassifierCV
linear_model._stochastic_gradient.SGDClassifier metrics._scorer._PassthroughScorer
model_selection._search.GridSearchCV model_selection._search.RandomizedSearchCV
model_selection._split.KFold model_selection._split.StratifiedKFold multiclass.OneVsRestClassifier
multiclass._ConstantPredictor multioutput.MultiOutputClassifier naive_bayes.BernoulliNB naive_bayes.ComplementNB
naive_bayes.MultinomialNB pipeline.FeatureUnion pipeline.Pipeline preprocessing._data.Binarizer
preprocessing._data.MaxAbsScaler preprocessing._data.Normalizer preprocessing._data.StandardScaler
preprocessing._label.LabelBinarizer preprocessing._label.LabelEncoder svm._classes.LinearSVC
"""
# Names of functions that selections score by; they aren't called.
_FUNCTIONS = ("chi2", "f_classif")
_LOSSES = """
sklearn._loss._loss.CyHalfBinomialLoss sklearn._loss._loss.CyHuberLoss sklearn._loss._loss.CyHalfSquaredError
sklearn.linear_model._sgd_fast.Hinge sklearn.linear_model._sgd_fast.ModifiedHuber
sklearn.linear_model._sgd_fast.SquaredHinge sklearn.linear_model._sgd_fast.EpsilonInsensitive
sklearn.linear_model._sgd_fast.SquaredEpsilonInsensitive
"""
_SCALARS = tuple(f"numpy.{name}" for name in "bool bool_ float32 float64 int32 int64 uint8 str_".split())
_ESTIMATORS = frozenset(f"sklearn.{name}" for name in _SKLEARN.split())
_OF_SELECTIONS = frozenset(f"sklearn.feature_selection._univariate_selection.{name}" for name in _FUNCTIONS)

# skops' name of how a value is read -> names of the types that are read so.
ALLOWED: Mapping[str, frozenset[str]] = {
    "ObjectNode": _ESTIMATORS,
    "FunctionNode": _OF_SELECTIONS,
    "LossNode": frozenset(_LOSSES.split()),
    "DictNode": frozenset({"builtins.dict", "collections.OrderedDict"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "SetNode": frozenset({"builtins.set"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "JsonNode": frozenset(f"builtins.{name}" for name in ("str", "int", "float", "bool", "NoneType")),
    "TypeNode": frozenset({*_SCALARS, *(f"builtins.{name}" for name in ("str", "int", "float", "bool"))}),
    "NdArrayNode": frozenset({"numpy.ndarray", *_SCALARS}),
    "MaskedArrayNode": frozenset({"numpy.ma.MaskedArray"}),
    "RandomStateNode": frozenset({"numpy.random.mtrand.RandomState"}),
    "SparseMatrixNode": frozenset({"scipy.sparse._csr.csr_matrix", "scipy.sparse._csr.csr_array"}),
}
# Of these what skops doesn't trust by itself.
TRUSTED = _ESTIMATORS | _OF_SELECTIONS | ALLOWED["SparseMatrixNode"]
