; twin: garden-domain
(define (domain garden)
  (:requirements :adl)
  (:types tree flower - plant bed tool plant)
  (:predicates (grows ?p - plant ?b - bed) (dry ?b - bed) (held ?t - tool) (tidy ?x - (either bed tool))
    (clean ?t - tool) (happy ?p - plant))
  (:action take
    :parameters (?t - tool)
    :precondition (not (exists (?o - tool) (held ?o)))
    :effect (held ?t))
  (:action put-back
    :parameters (?t - tool)
    :precondition (and (held ?t) (imply (tidy ?t) (clean ?t)))
    :effect (and (not (held ?t)) (tidy ?t)))
  (:action water
    :parameters (?b - bed ?t - tool)
    :precondition (and (held ?t) (or (dry ?b) (not (tidy ?b))))
    :effect (and (not (dry ?b)) (not (clean ?t))
      (forall (?p - plant) (when (grows ?p ?b) (happy ?p)))))
  (:action rake
    :parameters (?b - bed ?t - tool)
    :precondition (and (held ?t) (not (dry ?b)))
    :effect (and (tidy ?b) (when (clean ?t) (not (clean ?t)))))
  (:action wash
    :parameters (?t - tool)
    :precondition (held ?t)
    :effect (clean ?t)))
